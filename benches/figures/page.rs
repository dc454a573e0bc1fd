//! The warm login page of one organization: requests a second, latency, CPU, beside a bare hyper server.

use std::rc::Rc;
use std::time::Duration;

use crate::bare::Bare;
use crate::driver::{CONNECTIONS, Load, closed_loop, open_loop, percentile};
use crate::kept::Kept;
use crate::process::{Home, Process};
use crate::report::Row;
use crate::requests::{Draws, Requests};
use crate::rounds::{Middle, Rounds};
use crate::{Bench, Outcome, seed};

/// What the log is told.
struct Logs {
    name: &'static str,
    settings: &'static str,
    per_second: (f64, f64),
    cpu: (f64, f64),
}

/// As shipped: JSON at `info` to a file. An operator's metrics are on in both.
const LOGS: [Logs; 2] = [
    Logs { name: "logs as shipped", settings: "", per_second: (0.40, 0.58), cpu: (30.0, 12.0) },
    Logs { name: "logs at warn", settings: "log.filter = \"warn\"\n", per_second: (0.50, 0.68), cpu: (15.0, 7.0) },
];

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    let seeded = seed::organizations(bench, 1).await?;
    let mut rows = Vec::new();
    for logs in LOGS {
        let settings = format!("{}{}{}", seed::UNLIMITED, seed::WARM, logs.settings);
        let home = Home::new(bench, "page", &seeded.file, &settings)?;
        let server = home.serve().await?;
        let requests = Requests::new(&home.host(), &seeded.client_id, Draws::One("org-0000001".to_owned()));
        let sides = Sides::new(home, server, requests).await?;
        rows.extend(take_with(bench, &logs, &sides).await?);
    }
    Ok(rows)
}

async fn take_with(bench: &Bench, logs: &Logs, sides: &Sides) -> Outcome<Vec<Row>> {
    let loads = sides.throughput(bench).await?;
    let latency = sides.latency(bench, loads.highest() / 2.0).await?;
    let (must, goal) = logs.per_second;
    let throughput = Row::ratio(&format!("login page, warm, {}", logs.name), "requests/s", &loads.per_second)
        .at_least(must, goal)
        .note(loads.note());
    let (must, goal) = logs.cpu;
    let above = loads.cpu.each(|ours, bare| ours - bare);
    let cost = Row::difference(&format!("CPU of a page above bare hyper's, {}", logs.name), "µs", &above, &loads.cpu)
        .at_most(must, goal);
    let latency = Row::ratio(&format!("page latency p90 at half of our highest load, {}", logs.name), "µs", &latency)
        .at_most(2.0, 1.3);
    Ok(vec![throughput, cost, latency])
}

/// Our server and a bare one with the same answer, both on the measured core; one of them works at a time.
pub(crate) struct Sides {
    home: Home,
    pub(crate) server: Process,
    bare: Bare,
    requests: Rc<Requests>,
}

/// The throughput of both sides, and the CPU time of one request.
#[derive(Default)]
pub(crate) struct Loads {
    pub(crate) per_second: Rounds,
    pub(crate) cpu: Rounds,
    busy: Rounds,
}

impl Sides {
    pub(crate) async fn new(home: Home, server: Process, requests: Requests) -> Outcome<Self> {
        let (mut request, mut connection) = (Vec::new(), Kept::open(home.address).await?);
        requests.next(&mut request);
        let (shape, answer) = connection.ask(&request).await?;
        let (options, bytes) = (String::from_utf8_lossy(answer).matches("connection=").count(), answer.len());
        if shape.status != 200 || options < 4 {
            return Err(format!("no login page: {}", String::from_utf8_lossy(answer)).into());
        }
        eprintln!("   an answer of {bytes} bytes");
        let bare = Bare::start(answer).await?;
        Ok(Self { home, server, bare, requests: Rc::new(requests) })
    }

    pub(crate) async fn throughput(&self, bench: &Bench) -> Outcome<Loads> {
        let time = Duration::from_secs_f64(bench.seconds);
        let mut loads = Loads::default();
        for _ in 0..bench.rounds {
            let ours = closed_loop(&self.server, self.home.address, &self.requests, time).await?;
            let bare = closed_loop(&self.bare.side.process, self.bare.address, &self.requests, time).await?;
            loads.add(ours, bare);
        }
        Ok(loads)
    }

    pub(crate) async fn latency(&self, bench: &Bench, per_second: f64) -> Outcome<Rounds> {
        let time = Duration::from_secs_f64(bench.seconds);
        let mut rounds = Rounds::default();
        for _ in 0..bench.rounds {
            let ours = open_loop(self.home.address, &self.requests, per_second, time).await?;
            let bare = open_loop(self.bare.address, &self.requests, per_second, time).await?;
            rounds.add(percentile(&ours, 0.9), percentile(&bare, 0.9));
        }
        Ok(rounds)
    }
}

impl Loads {
    fn add(&mut self, ours: Load, bare: Load) {
        eprintln!(
            "   {:.0} and {:.0} requests/s, {:.1} and {:.1} µs of CPU",
            ours.per_second, bare.per_second, ours.cpu, bare.cpu
        );
        self.per_second.add(ours.per_second, bare.per_second);
        self.cpu.add(ours.cpu, bare.cpu);
        self.busy.add(ours.busy, bare.busy);
    }

    /// What we answer when asked as fast as we can.
    fn highest(&self) -> f64 {
        Middle::of(&self.per_second.ours).median
    }

    /// What a ratio of CPU times says, which neither the load nor other work on the machine can disturb.
    pub(crate) fn note(&self) -> String {
        let (ours, bare) = (Middle::of(&self.cpu.ours).median, Middle::of(&self.cpu.reference).median);
        let (our_core, bare_core) = (Middle::of(&self.busy.ours).median, Middle::of(&self.busy.reference).median);
        format!(
            "{CONNECTIONS} connections; CPU {ours:.1} µs against {bare:.1}, by which the ratio is {:.2}; the servers \
             used {:.0} % and {:.0} % of their core",
            bare / ours,
            our_core * 100.0,
            bare_core * 100.0,
        )
    }
}
