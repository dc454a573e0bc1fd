//! Parse the command line, run the command, say what went wrong.

use std::process::ExitCode;

use clap::Parser;
use vestibule::app::huge_pages;
use vestibule::cli::{Cli, run};
use vestibule::web;

/// A page makes some hundred small allocations: this one takes a tenth off its whole cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    huge_pages::avoid();
    // One crypto provider for everything that speaks TLS (design §5.15).
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("vestibule: the runtime cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(cli));
    drop(runtime);
    web::log::flush();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("vestibule: {fault}");
            ExitCode::FAILURE
        }
    }
}
