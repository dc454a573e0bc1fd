//! A hundred thousand organizations remembered: the memory they take, and pages drawn among all of them.

use std::rc::Rc;

use crate::driver::each_once;
use crate::page::Sides;
use crate::process::{Home, Process};
use crate::report::Row;
use crate::requests::{Draws, Requests, zipf};
use crate::seed::Seeded;
use crate::{Bench, Outcome, seed};

const MANY: u32 = 100_000;
/// A tenth of them, for the memory of fewer.
const SOME: u32 = 10_000;
/// More draws than two rounds use; they come again after these.
const DRAWS: usize = 1 << 20;

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    let seeded = seed::organizations(bench, MANY).await?;
    let settings =
        format!("{}{}log.filter = \"warn\"\nmanagement.cache_megabytes = 2048\n", seed::UNLIMITED, seed::WARM);
    let home = Home::new(bench, "many", &seeded.file, &settings)?;
    let mut rows = vec![idle(bench, &home, &seeded).await?];
    let server = home.serve().await?;
    rows.extend(memory(&home, &server, &seeded).await?);
    let requests = Requests::new(&home.host(), &seeded.client_id, Draws::Many(zipf(MANY, DRAWS)));
    let sides = Sides::new(home, server, requests).await?;
    let loads = sides.throughput(bench).await?;
    let throughput =
        Row::ratio("login page, warm, 100,000 organizations by Zipf, logs at warn", "requests/s", &loads.per_second);
    rows.push(throughput.at_least(0.45, 0.62).note(loads.note()));
    Ok(rows)
}

/// After the first page: what one organization takes is nothing.
async fn idle(bench: &Bench, home: &Home, seeded: &Seeded) -> Outcome<Row> {
    let mut memory = Vec::new();
    for _ in 0..bench.rounds {
        let server = home.serve().await?;
        draw(home, &server, seeded, 1..=1).await?;
        memory.push(server.resident()?);
    }
    Ok(Row::alone("memory, idle", "MB", &memory).at_most(40.0, 25.0))
}

/// One server, which remembers more and more.
async fn memory(home: &Home, server: &Process, seeded: &Seeded) -> Outcome<Vec<Row>> {
    draw(home, server, seeded, 1..=SOME).await?;
    let some = Row::alone("memory, 10,000 organizations remembered", "MB", &[server.resident()?]);
    eprintln!("   drawing the page of each of {MANY} organizations");
    let cold = draw(home, server, seeded, SOME + 1..=MANY).await?;
    let many = Row::alone("memory, 100,000 organizations remembered", "MB", &[server.resident()?]);
    let note = format!(
        "each has one connection of its own and four that all share; one warming, not rounds; a page that was not \
         remembered took {cold:.0} µs of CPU"
    );
    Ok(vec![some.at_most(80.0, 50.0), many.at_most(250.0, 150.0).note(note)])
}

async fn draw(home: &Home, server: &Process, seeded: &Seeded, numbers: std::ops::RangeInclusive<u32>) -> Outcome<f64> {
    let numbers: Vec<u32> = numbers.collect();
    let count = u32::try_from(numbers.len())?;
    let requests = Rc::new(Requests::new(&home.host(), &seeded.client_id, Draws::Many(numbers)));
    each_once(server, home.address, &requests, count).await
}
