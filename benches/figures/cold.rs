//! The page of an organization that is not remembered, beside the same GETs by a bare client.

use std::time::Instant;

use crate::chain::Chain;
use crate::driver::percentile;
use crate::kept::Kept;
use crate::process::Home;
use crate::remote::{World, empty_folder};
use crate::report::Row;
use crate::requests::{Draws, Requests};
use crate::rounds::Rounds;
use crate::{Bench, Outcome, seed};

/// Pages in a round; the median of them counts.
const PAGES: u32 = 100;

pub(crate) async fn take(bench: &Bench) -> Outcome<Vec<Row>> {
    let world = World::new(bench).await?;
    let home = world.gateway(bench, &empty_folder("cold")?.join("gateway.db"), seed::WARM)?;
    let _gateway = home.serve().await?;
    let mut visitor = Visitor { connection: Kept::open(home.address).await?, home: &home, world: &world };
    // The first two learn what all organizations share (a connection is kept from its second load on), the third what is
    // asked about each.
    visitor.view(1).await?;
    visitor.view(2).await?;
    world.stand_in.asked();
    visitor.view(3).await?;
    let questions = world.stand_in.asked();
    let mut chain = Chain::start(&format!("http://{}", world.stand_in.address), 3, &questions)?;
    let mut rounds = Rounds::default();
    let mut next = 4;
    for _ in 0..=bench.rounds {
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for number in next..next + PAGES {
            ours.push(visitor.view(number).await?);
            bare.push(chain.ask(number)?);
        }
        next += PAGES;
        ours.sort_by(f64::total_cmp);
        bare.sort_by(f64::total_cmp);
        rounds.add(percentile(&ours, 0.5), percentile(&bare, 0.5));
    }
    // In the first round both sides were still warming up.
    rounds.ours.remove(0);
    rounds.reference.remove(0);
    let note = format!("{} GETs, one after another by the bare client: {}", questions.len(), questions.join(" "));
    Ok(vec![Row::ratio("cold organization: latency of its page", "µs", &rounds).at_most(1.5, 1.2).note(note)])
}

struct Visitor<'w> {
    connection: Kept,
    home: &'w Home,
    world: &'w World,
}

impl Visitor<'_> {
    /// How long the page took, in microseconds.
    async fn view(&mut self, number: u32) -> Outcome<f64> {
        let draws = Draws::Many(vec![number]);
        let mut request = Vec::new();
        Requests::new(&self.home.host(), &self.world.seeded.client_id, draws).next(&mut request);
        let started = Instant::now();
        let (shape, answer) = self.connection.ask(&request).await?;
        match shape.status {
            200 => Ok(started.elapsed().as_secs_f64() * 1e6),
            _ => Err(format!("no page: {}", String::from_utf8_lossy(answer)).into()),
        }
    }
}
