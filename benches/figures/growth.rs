//! Growth: what a page costs with more organizations in the database, and with more connections on it.

use std::rc::Rc;
use std::time::Duration;

use crate::driver::{closed_loop, each_once};
use crate::process::{Home, Process};
use crate::report::Row;
use crate::requests::{Draws, Requests};
use crate::rounds::{Middle, Rounds};
use crate::seed::Seeded;
use crate::{Bench, Outcome, seed};

/// The first is what the others are compared with.
const SIZES: [u32; 4] = [1, 1_000, 100_000, 1_000_000];
/// Organizations whose pages are drawn in turn when they are remembered, if there are as many.
const DRAWN: u32 = 1_000;
/// Organizations in a round whose pages were not drawn before.
const COLD: u32 = 100;

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    let mut places = Vec::new();
    for size in SIZES {
        places.push(Place::new(bench, size).await?);
    }
    let mut rows = cold(bench, &places[1..]).await?;
    rows.extend(warm(bench, &places).await?);
    rows.extend(connections(bench, &places[0]).await?);
    Ok(rows)
}

/// The CPU times of a page, until there was none.
#[derive(Clone, Default)]
struct Taken {
    cpu: Vec<f64>,
    failed: Option<String>,
}

impl Taken {
    fn add(&mut self, cpu: Outcome<f64>) {
        match cpu {
            Ok(cpu) => self.cpu.push(cpu),
            Err(error) => self.failed = Some(error.to_string()),
        }
    }
}

/// A server over a database of one size.
struct Place {
    size: u32,
    home: Home,
    server: Process,
    seeded: Seeded,
}

impl Place {
    async fn new(bench: &Bench, size: u32) -> Outcome<Self> {
        let seeded = seed::organizations(bench, size).await?;
        let settings = format!("{}{}log.filter = \"warn\"\n", seed::UNLIMITED, seed::WARM);
        let home = Home::new(bench, &format!("growth-{size}"), &seeded.file, &settings)?;
        let server = home.serve().await?;
        Ok(Self { size, home, server, seeded })
    }

    fn requests(&self, draws: Draws) -> Rc<Requests> {
        Rc::new(Requests::new(&self.home.host(), &self.seeded.client_id, draws))
    }

    /// CPU time of a page that is drawn again and again.
    async fn again(&self, bench: &Bench, draws: Draws) -> Outcome<f64> {
        let time = Duration::from_secs_f64(bench.seconds / 2.0);
        Ok(closed_loop(&self.server, self.home.address, &self.requests(draws), time).await?.cpu)
    }

    /// Numbers that are spread over all there are.
    fn spread(&self, from: u32, count: u32) -> Vec<u32> {
        let step = u64::from((self.size / DRAWN).max(1));
        let number = |index: u32| (u64::from(index) * step % u64::from(self.size)) as u32 + 1;
        (from..from + count).map(number).collect()
    }
}

async fn warm(bench: &Bench, places: &[Place]) -> Outcome<Vec<Row>> {
    let mut taken = vec![Taken::default(); places.len()];
    for (place, taken) in places.iter().zip(&mut taken) {
        let count = DRAWN.min(place.size);
        let requests = place.requests(Draws::Many(place.spread(0, count)));
        let filled = each_once(&place.server, place.home.address, &requests, count).await;
        taken.failed = filled.err().map(|error| error.to_string());
    }
    for _ in 0..bench.rounds {
        for (place, taken) in places.iter().zip(&mut taken).filter(|(_, taken)| taken.failed.is_none()) {
            taken.add(place.again(bench, Draws::Many(place.spread(0, DRAWN.min(place.size)))).await);
        }
    }
    let named = |size: u32| format!("growth: page CPU at {size} organizations, remembered");
    Ok(compared(places, &taken, named))
}

async fn cold(bench: &Bench, places: &[Place]) -> Outcome<Vec<Row>> {
    let mut taken = vec![Taken::default(); places.len()];
    for (place, taken) in places.iter().zip(&mut taken) {
        // What all organizations share is known from here on.
        let sample = place.requests(Draws::One("sample".to_owned()));
        let shared = each_once(&place.server, place.home.address, &sample, 1).await;
        taken.failed = shared.err().map(|error| error.to_string());
    }
    for round in 0..u32::try_from(bench.rounds)?.min(DRAWN / COLD) {
        for (place, taken) in places.iter().zip(&mut taken).filter(|(_, taken)| taken.failed.is_none()) {
            let requests = place.requests(Draws::Many(place.spread(round * COLD, COLD)));
            taken.add(each_once(&place.server, place.home.address, &requests, COLD).await);
        }
    }
    Ok(compared(places, &taken, |size| format!("growth: page CPU at {size} organizations, not remembered")))
}

/// Every place beside the first.
fn compared(places: &[Place], taken: &[Taken], named: impl Fn(u32) -> String) -> Vec<Row> {
    let pairs = places.iter().zip(taken).skip(1);
    let row = |(place, ours): (&Place, &Taken)| {
        if let Some(why) = ours.failed.as_ref().or(taken[0].failed.as_ref()) {
            return Row::not_taken(&named(place.size), "µs", why).at_most(1.25, None);
        }
        let rounds = Rounds { ours: ours.cpu.clone(), reference: taken[0].cpu.clone() };
        let note = format!("the reference is the page at {} organization(s)", places[0].size);
        Row::ratio(&named(place.size), "µs", &rounds).at_most(1.25, None).note(note)
    };
    pairs.map(row).collect()
}

/// One page with 1, 10 and 100 connections that are all buttons.
async fn connections(bench: &Bench, place: &Place) -> Outcome<Vec<Row>> {
    let names = ["one", "ten", "hundred"];
    let mut taken = vec![Vec::new(); names.len()];
    for _ in 0..bench.rounds {
        for (name, taken) in names.iter().zip(&mut taken) {
            taken.push(place.again(bench, Draws::One((*name).to_owned())).await?);
        }
    }
    let median = |index: usize| Middle::of(&taken[index]).median;
    let slope = (median(2) - median(0)) / 99.0;
    let row = |(index, count): (usize, u32)| {
        let rounds = Rounds { ours: taken[index].clone(), reference: taken[0].clone() };
        Row::ratio(&format!("growth: page CPU with {count} connections in one organization"), "µs", &rounds)
    };
    let [ten, hundred] = [(1, 10), (2, 100)].map(row);
    let note = format!("{slope:.2} µs a further connection; the reference is the page with one");
    Ok(vec![ten, hundred.note(note)])
}
