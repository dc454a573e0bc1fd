//! The load: a fixed number of kept connections, as fast as the server answers or at a fixed rate.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::Outcome;
use crate::kept::Kept;
use crate::process::Process;
use crate::requests::Requests;

/// Kept connections of every load.
pub(crate) const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_millis(300);

/// What a load brought out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    /// The server's CPU time for one request, in microseconds.
    pub(crate) cpu: f64,
    /// The share of its core that the server used.
    pub(crate) busy: f64,
}

/// Each connection asks again as soon as it is answered.
pub(crate) async fn closed_loop(
    process: &Process,
    address: SocketAddr,
    requests: &Rc<Requests>,
    time: Duration,
) -> Outcome<Load> {
    let (answered, stop) = (Rc::new(Cell::new(0u64)), Rc::new(Cell::new(false)));
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Kept::open(address).await?;
        let (requests, answered, stop) = (requests.clone(), answered.clone(), stop.clone());
        clients.push(tokio::task::spawn_local(async move {
            let mut request = Vec::new();
            while !stop.get() {
                requests.next(&mut request);
                page(&mut connection, &request).await?;
                answered.set(answered.get() + 1);
            }
            Ok(())
        }));
    }
    tokio::time::sleep(WARM_UP).await;
    let before = (Instant::now(), process.cpu()?, answered.get());
    tokio::time::sleep(time).await;
    let after = (Instant::now(), process.cpu()?, answered.get());
    stop.set(true);
    join(clients).await?;
    let (seconds, cpu) = ((after.0 - before.0).as_secs_f64(), (after.1 - before.1).as_secs_f64());
    let count = (after.2 - before.2) as f64;
    Ok(Load { per_second: count / seconds, cpu: cpu * 1e6 / count, busy: cpu / seconds })
}

/// So many requests, over all connections; the server's CPU time for one, in microseconds.
pub(crate) async fn each_once(
    process: &Process,
    address: SocketAddr,
    requests: &Rc<Requests>,
    count: u32,
) -> Outcome<f64> {
    let left = Rc::new(Cell::new(count));
    let mut clients = Vec::new();
    let before = process.cpu()?;
    for _ in 0..CONNECTIONS {
        let mut connection = Kept::open(address).await?;
        let (requests, left) = (requests.clone(), left.clone());
        clients.push(tokio::task::spawn_local(async move {
            let mut request = Vec::new();
            while left.get() > 0 {
                left.set(left.get() - 1);
                requests.next(&mut request);
                page(&mut connection, &request).await?;
            }
            Ok(())
        }));
    }
    join(clients).await?;
    Ok((process.cpu()? - before).as_secs_f64() * 1e6 / f64::from(count))
}

/// `per_second` requests, evenly spaced whatever the server does; how long each took from the moment it was due, in
/// microseconds, sorted.
pub(crate) async fn open_loop(
    address: SocketAddr,
    requests: &Rc<Requests>,
    per_second: f64,
    time: Duration,
) -> Outcome<Vec<f64>> {
    let took = Rc::new(RefCell::new(Vec::with_capacity(1 << 20)));
    let slot = Rc::new(Cell::new(0u32));
    let interval = Duration::from_secs_f64(1.0 / per_second);
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Kept::open(address).await?);
    }
    let start = Instant::now();
    let clients = connections.into_iter().map(|mut connection| {
        let (requests, took, slot) = (requests.clone(), took.clone(), slot.clone());
        tokio::task::spawn_local(async move {
            let mut request = Vec::new();
            loop {
                requests.next(&mut request);
                let due = start + interval * slot.replace(slot.get() + 1);
                if due - start > WARM_UP + time {
                    return Ok(());
                }
                // The core is ours: to sleep would be to miss the moment.
                while Instant::now() < due {
                    tokio::task::yield_now().await;
                }
                page(&mut connection, &request).await?;
                if due - start > WARM_UP {
                    took.borrow_mut().push(due.elapsed().as_secs_f64() * 1e6);
                }
            }
        })
    });
    join(clients.collect()).await?;
    let mut took = took.take();
    took.sort_by(f64::total_cmp);
    Ok(took)
}

/// One page, which must be one.
async fn page(connection: &mut Kept, request: &[u8]) -> Outcome<()> {
    let (shape, answer) = connection.ask(request).await?;
    match shape.status == 200 && answer.len() == shape.head + shape.body {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&answer[shape.head..]);
            Err(format!("instead of a page the answer was {}: {}", shape.status, said.trim()).into())
        }
    }
}

async fn join(clients: Vec<JoinHandle<Outcome<()>>>) -> Outcome<()> {
    for client in clients {
        client.await??;
    }
    Ok(())
}

/// The value below which `share` of the sorted ones are.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
