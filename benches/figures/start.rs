//! How soon a started process draws its first page.

use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::driver::each_once;
use crate::process::{Home, Process};
use crate::remote::{World, empty_folder};
use crate::report::Row;
use crate::requests::{Draws, Requests};
use crate::{Bench, Outcome, seed};

const MANY: u32 = 100_000;
/// Organizations in the cache file.
const REMEMBERED: u32 = 1_000;
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    Ok(vec![embedded(bench).await?, without_the_api(bench).await?])
}

async fn embedded(bench: &Bench) -> Outcome<Row> {
    let seeded = seed::organizations(bench, MANY).await?;
    let home = Home::new(bench, "start", &seeded.file, seed::UNLIMITED)?;
    let page = page(&home, &seeded.client_id, 4711);
    let mut took = Vec::new();
    for _ in 0..bench.rounds {
        let (milliseconds, server) = first_page(&home, &page).await?;
        took.push(milliseconds);
        server.stop()?;
    }
    Ok(Row::alone("start, embedded, 100,000 organizations in SQLite", "ms", &took).at_most(150.0, 60.0))
}

/// The cache file was written by a server that drew the pages while the API was there.
async fn without_the_api(bench: &Bench) -> Outcome<Row> {
    let figure = "start, remote, the API down, 1,000 organizations in the cache file";
    let world = World::new(bench).await?;
    // Nothing in the file is fresh any more when it is read.
    let home = world.gateway(bench, &empty_folder("start")?.join("gateway.db"), "management.fresh_seconds = 1\n")?;
    let client_id = world.seeded.client_id.clone();
    let server = home.serve().await?;
    let requests = Rc::new(Requests::new(&home.host(), &client_id, Draws::Many((1..=REMEMBERED).collect())));
    each_once(&server, home.address, &requests, REMEMBERED).await?;
    server.stop()?;
    // With it goes the API.
    drop(world);
    let page = page(&home, &client_id, 471);
    let mut took = Vec::new();
    for _ in 0..bench.rounds {
        let (milliseconds, server) = match first_page(&home, &page).await {
            Ok(first) => first,
            Err(error) => return Ok(Row::not_taken(figure, "ms", &error.to_string()).at_most(200.0, 80.0)),
        };
        took.push(milliseconds);
        server.stop()?;
    }
    Ok(Row::alone(figure, "ms", &took).at_most(200.0, 80.0))
}

fn page(home: &Home, client_id: &str, number: u32) -> Vec<u8> {
    let mut request = Vec::new();
    Requests::new(&home.host(), client_id, Draws::Many(vec![number])).next(&mut request);
    request
}

/// Milliseconds from the start of the process to the whole page.
async fn first_page(home: &Home, request: &[u8]) -> Outcome<(f64, Process)> {
    let started = Instant::now();
    let server = home.launch()?;
    home.first_answer(request, PATIENCE).await?;
    Ok((started.elapsed().as_secs_f64() * 1e3, server))
}
