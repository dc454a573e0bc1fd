//! The machine: its two cores, and what it is called in the table.

use std::process::Command;

use crate::Outcome;

/// The core of the measured side.
pub(crate) const MEASURED: &str = "0";
/// The core of the load and of everything that stands in for the outside world.
pub(crate) const OURS: &str = "1";

/// Keeps a process with all its threads on a core.
pub(crate) fn pin(pid: u32, core: &str) -> Outcome<()> {
    let pinned = Command::new("taskset").args(["-a", "-c", "-p", core, &pid.to_string()]).output()?;
    match pinned.status.success() {
        true => Ok(()),
        false => Err(format!("taskset: {} (two cores are needed)", String::from_utf8_lossy(&pinned.stderr)).into()),
    }
}

/// A command that runs on the measured core.
pub(crate) fn on_measured_core(program: &std::path::Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", MEASURED]).arg(program);
    command
}

/// Processor, kernel, compiler, and the commit that was built.
pub(crate) fn name() -> String {
    let first = |file: &str, key: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_once(':').map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let said = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let cores = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default().matches("processor\t").count();
    let memory = first("/proc/meminfo", "MemTotal");
    format!(
        "{}, {cores} cores, {memory} of memory; Linux {}; {}; at {}",
        first("/proc/cpuinfo", "model name"),
        said("uname", &["-r"]),
        said("rustc", &["--version"]),
        said("git", &["describe", "--always", "--dirty"]),
    )
}
