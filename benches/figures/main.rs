//! The benchmarks: what the whole server costs beside what the machine could do at best.
//!
//! `make bench` runs all, `make bench FIGURE=page` those with this in their name. The server has the first core for
//! itself and everything here the second; [`bare`], [`chain`] and [`primitives`] are the other sides, each a process
//! of its own on the first core as well.

mod admin;
mod bare;
mod chain;
mod cold;
mod dashboard;
mod driver;
mod growth;
mod identity_provider;
mod kept;
mod login;
mod machine;
mod many;
mod page;
mod primitives;
mod process;
mod remote;
mod report;
mod requests;
mod rounds;
mod seed;
mod stand_in;
mod start;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use report::Row;

/// What can go wrong here ends the run.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The groups of figures, in the order of the table.
const FIGURES: [&str; 7] = ["page", "many", "cold", "growth", "start", "login", "dashboard"];

/// Measures the server. Without a name: every figure.
#[derive(Parser)]
pub(crate) struct Bench {
    /// Parts of the names of figures.
    figures: Vec<String>,
    /// The binary that is measured; the one that cargo built unless told otherwise.
    #[arg(long, default_value = env!("CARGO_BIN_EXE_vestibule"))]
    pub(crate) server: PathBuf,
    /// Rounds of each side.
    #[arg(long, default_value_t = 7)]
    pub(crate) rounds: usize,
    /// Seconds of load in each round.
    #[arg(long, default_value_t = 2.0)]
    pub(crate) seconds: f64,
    /// Fail when a figure is not what it must be.
    #[arg(long)]
    strict: bool,
    /// Keep the table in BENCHMARKS.md.
    #[arg(long)]
    keep: bool,
    /// Cargo says so of itself.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    let ended = match words.get(1).map(String::as_str) {
        Some("bare") => bare::serve(&words[2..]),
        Some("chain") => chain::serve(&words[2..]),
        Some("primitives") => primitives::serve(&words[2..]),
        _ => run(Bench::parse()),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("the benchmarks ended: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: Bench) -> Outcome<ExitCode> {
    machine::pin(std::process::id(), machine::OURS)?;
    std::fs::create_dir_all(seed::folder())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = Vec::new();
    for name in FIGURES.iter().filter(|name| bench.wants(name)) {
        eprintln!("== {name}");
        let taken = runtime.block_on(tokio::task::LocalSet::new().run_until(take(name, &bench)));
        // One group that cannot be taken does not take the others along.
        let taken = taken.unwrap_or_else(|error| vec![Row::not_taken(name, "all of it", &error.to_string())]);
        report::print(&taken);
        rows.extend(taken);
    }
    report::write(&rows)?;
    if bench.keep {
        report::keep(&rows)?;
    }
    let missed = rows.iter().filter(|row| row.is_missed()).count();
    if missed > 0 {
        eprintln!("{missed} figure(s) are not what they must be");
    }
    Ok(if bench.strict && missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn take(name: &str, bench: &Bench) -> Outcome<Vec<Row>> {
    match name {
        "page" => page::take(bench).await,
        "many" => many::take(bench).await,
        "cold" => cold::take(bench).await,
        "growth" => growth::take(bench).await,
        "start" => start::take(bench).await,
        "login" => login::take(bench).await,
        "dashboard" => dashboard::take(bench).await,
        other => Err(format!("no figure is called {other}").into()),
    }
}

impl Bench {
    fn wants(&self, name: &str) -> bool {
        self.figures.is_empty() || self.figures.iter().any(|part| name.contains(part.as_str()))
    }
}
