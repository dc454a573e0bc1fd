//! A gateway in front of a Management API on another machine, whose place a stand-in takes.

use std::path::Path;

use crate::admin::Administrator;
use crate::process::{Home, Process};
use crate::seed::Seeded;
use crate::stand_in::StandIn;
use crate::{Bench, Outcome, seed};

/// The real server that the stand-in learns from; it works only at the beginning.
pub(crate) struct World {
    pub(crate) seeded: Seeded,
    pub(crate) stand_in: StandIn,
    _real: Process,
}

impl World {
    pub(crate) async fn new(bench: &Bench) -> Outcome<Self> {
        let seeded = seed::organizations(bench, 1).await?;
        let home = Home::new(bench, "real", &seeded.file, seed::UNLIMITED)?;
        let real = home.serve().await?;
        let stand_in = StandIn::start(home.address, Administrator::of(&home)?.token().to_owned())?;
        Ok(Self { seeded, stand_in, _real: real })
    }

    /// A gateway with its own database and `more` settings.
    pub(crate) fn gateway(&self, bench: &Bench, database: &Path, more: &str) -> Outcome<Home> {
        let settings = format!(
            "{}{more}log.filter = \"warn\"\nmanagement.url = \"http://{}\"\nmanagement.client_id = \"gateway\"\n\
             management.client_secret = \"a secret\"\nmanagement.calls_per_second = 1000000\n\
             management.call_burst = 1000000\n",
            seed::UNLIMITED,
            self.stand_in.address
        );
        Home::new(bench, "gateway", database, &settings)
    }
}

/// A place for the gateway's database, with nothing of an earlier run in it.
pub(crate) fn empty_folder(name: &str) -> Outcome<std::path::PathBuf> {
    let folder = seed::folder().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
