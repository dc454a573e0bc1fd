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
    let mut taken = vec![Vec::new(); places.len()];
    for round in 0..=bench.rounds {
        for (place, taken) in places.iter().zip(&mut taken) {
            let draws = Draws::Many(place.spread(0, DRAWN.min(place.size)));
            let cpu = place.again(bench, draws).await?;
            // The first round fills the memory.
            if round > 0 {
                taken.push(cpu);
            }
        }
    }
    let named = |size: u32| format!("growth: page CPU at {size} organizations, remembered");
    Ok(compared(places, &taken, named))
}

async fn cold(bench: &Bench, places: &[Place]) -> Outcome<Vec<Row>> {
    let mut taken = vec![Vec::new(); places.len()];
    for place in places {
        // What all organizations share is known from here on.
        each_once(&place.server, place.home.address, &place.requests(Draws::One("sample".to_owned())), 1).await?;
    }
    for round in 0..u32::try_from(bench.rounds)?.min(DRAWN / COLD) {
        for (place, taken) in places.iter().zip(&mut taken) {
            let requests = place.requests(Draws::Many(place.spread(round * COLD, COLD)));
            taken.push(each_once(&place.server, place.home.address, &requests, COLD).await?);
        }
    }
    Ok(compared(places, &taken, |size| format!("growth: page CPU at {size} organizations, not remembered")))
}

/// Every place beside the first.
fn compared(places: &[Place], taken: &[Vec<f64>], named: impl Fn(u32) -> String) -> Vec<Row> {
    let pairs = places.iter().zip(taken).skip(1);
    let row = |(place, ours): (&Place, &Vec<f64>)| {
        let rounds = Rounds { ours: ours.clone(), reference: taken[0].clone() };
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
    let slopes = [(median(1) - median(0)) / 9.0, (median(2) - median(1)) / 90.0];
    let row = |(index, count): (usize, u32)| {
        let rounds = Rounds { ours: taken[index].clone(), reference: taken[0].clone() };
        Row::ratio(&format!("growth: page CPU with {count} connections in one organization"), "µs", &rounds)
    };
    let [ten, hundred] = [(1, 10), (2, 100)].map(row);
    let note = format!(
        "{:.2} µs a connection up to 10, {:.2} µs a connection from there to 100; the reference is the page with one",
        slopes[0], slopes[1]
    );
    Ok(vec![ten, hundred.note(note)])
}
