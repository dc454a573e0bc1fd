//! The table: on the terminal, in `target/bench.json`, and in `BENCHMARKS.md`.

use std::fs;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

use crate::rounds::{Middle, Rounds};
use crate::{Outcome, machine};

/// One figure.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    figure: String,
    unit: &'static str,
    /// `None`: it could not be taken, and the note says why.
    ours: Option<Middle>,
    reference: Option<Middle>,
    ratio: Option<Middle>,
    limits: Option<Limits>,
    note: String,
}

/// What is asked of the ratio or, without a reference to divide by, of our number.
#[derive(Debug, Clone, Copy)]
struct Limits {
    must: f64,
    goal: Option<f64>,
    more_is_better: bool,
}

impl Row {
    /// Our number divided by the reference's, round by round.
    pub(crate) fn ratio(figure: &str, unit: &'static str, rounds: &Rounds) -> Self {
        Self { ratio: Some(Middle::of(&rounds.ratios())), ..Self::difference(figure, unit, &rounds.ours, rounds) }
    }

    /// Our number is `ours`; the reference is told beside it.
    pub(crate) fn difference(figure: &str, unit: &'static str, ours: &[f64], rounds: &Rounds) -> Self {
        Self { reference: Some(Middle::of(&rounds.reference)), ..Self::alone(figure, unit, ours) }
    }

    /// Our number, which has no other side.
    pub(crate) fn alone(figure: &str, unit: &'static str, ours: &[f64]) -> Self {
        Self { ours: Some(Middle::of(ours)), ..Self::not_taken(figure, unit, "") }
    }

    /// A figure that cannot be taken now.
    pub(crate) fn not_taken(figure: &str, unit: &'static str, why: &str) -> Self {
        let (figure, note) = (figure.to_owned(), why.to_owned());
        Self { figure, unit, ours: None, reference: None, ratio: None, limits: None, note }
    }

    pub(crate) fn at_least(self, must: f64, goal: f64) -> Self {
        Self { limits: Some(Limits { must, goal: Some(goal), more_is_better: true }), ..self }
    }

    pub(crate) fn at_most(self, must: f64, goal: impl Into<Option<f64>>) -> Self {
        Self { limits: Some(Limits { must, goal: goal.into(), more_is_better: false }), ..self }
    }

    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    /// Whether it is not what it must be, or could not be taken.
    pub(crate) fn is_missed(&self) -> bool {
        self.ours.is_none() || self.limits.is_some_and(|limits| !self.reaches(limits, limits.must))
    }

    fn reaches(&self, limits: Limits, limit: f64) -> bool {
        let judged = self.ratio.or(self.ours).map_or(f64::NAN, |middle| middle.median);
        if limits.more_is_better { judged >= limit } else { judged <= limit }
    }

    /// One word on where it stands.
    fn verdict(&self) -> &'static str {
        match self.limits {
            _ if self.ours.is_none() => "not taken",
            None => "",
            Some(limits) if limits.goal.is_some_and(|goal| self.reaches(limits, goal)) => "goal",
            Some(limits) if self.reaches(limits, limits.must) => "holds",
            Some(_) => "missed",
        }
    }

    fn cells(&self) -> [String; 7] {
        let limit = |limit: Option<f64>| limit.map_or_else(String::new, number);
        let cell = |middle: Option<Middle>| middle.map_or_else(String::new, told);
        [
            format!("{} ({})", self.figure, self.unit),
            cell(self.ours),
            cell(self.reference),
            cell(self.ratio),
            limit(self.limits.map(|limits| limits.must)),
            limit(self.limits.and_then(|limits| limits.goal)),
            self.verdict().to_owned(),
        ]
    }

    fn json(&self) -> Value {
        let median = |middle: Option<Middle>| middle.map(|middle| middle.median);
        let sides = [("ours", self.ours), ("reference", self.reference), ("ratio", self.ratio)];
        let spread = sides.into_iter().filter_map(|(name, middle)| {
            let middle = middle?;
            Some((name.to_owned(), json!([middle.least, middle.most])))
        });
        json!({
            "figure": self.figure, "unit": self.unit, "ours": median(self.ours), "reference": median(self.reference),
            "ratio": median(self.ratio), "must": self.limits.map(|limits| limits.must),
            "goal": self.limits.and_then(|limits| limits.goal), "verdict": self.verdict(),
            "spread": spread.collect::<Map<_, _>>(), "note": self.note,
        })
    }
}

/// The median, and between which bounds the rounds were.
fn told(middle: Middle) -> String {
    match middle.least == middle.most {
        true => number(middle.median),
        false => format!("{} ({}..{})", number(middle.median), number(middle.least), number(middle.most)),
    }
}

fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1000.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Says the figures and their notes on the terminal.
pub(crate) fn print(rows: &[Row]) {
    println!("{}", table(rows));
}

fn table(rows: &[Row]) -> String {
    let head = ["figure", "ours", "reference", "ratio", "must", "goal", ""].map(str::to_owned);
    let lines: Vec<[String; 7]> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let widths: [usize; 7] =
        std::array::from_fn(|column| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for (index, cells) in lines.iter().enumerate() {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("| {cell:<width$} "));
        text.extend(padded.chain(["|\n".to_owned()]));
        if index == 0 {
            text.extend(widths.map(|width| format!("| {:-<width$} ", "---")).into_iter().chain(["|\n".to_owned()]));
        }
    }
    let notes = rows.iter().filter(|row| !row.note.is_empty());
    let notes: String = notes.map(|row| format!("- {}: {}\n", row.figure, row.note)).collect();
    format!("{text}\n{notes}")
}

/// Writes `target/bench.json`: the figures of this run.
pub(crate) fn write(rows: &[Row]) -> Outcome<()> {
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    fs::write(root().join("target/bench.json"), serde_json::to_string_pretty(&rows)? + "\n")?;
    Ok(())
}

const BEGIN: &str = "<!-- the last run -->\n";
const END: &str = "<!-- end of the last run -->\n";

/// Puts the table into `BENCHMARKS.md`, whose words are written by hand.
pub(crate) fn keep(rows: &[Row]) -> Outcome<()> {
    let file = root().join("BENCHMARKS.md");
    let text = fs::read_to_string(&file)?;
    let (before, rest) = text.split_once(BEGIN).ok_or("BENCHMARKS.md has no place for the table")?;
    let (_, after) = rest.split_once(END).ok_or("BENCHMARKS.md has no end of the table")?;
    let table = format!("{before}{BEGIN}\n{}.\n\n{}\n{END}{after}", machine::name(), table(rows));
    fs::write(file, table)?;
    Ok(())
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
