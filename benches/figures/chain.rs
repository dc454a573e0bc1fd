//! The other side of an organization that is not remembered: the same GETs by a bare client.

use std::process::ExitCode;
use std::time::Instant;

use crate::Outcome;
use crate::process::Side;
use crate::stand_in::about;

/// A process on the measured core that asks a chain of questions when told.
pub(crate) struct Chain(Side);

impl Chain {
    /// `questions` are about the seeded organization `number`.
    pub(crate) fn start(origin: &str, number: u32, questions: &[String]) -> Outcome<Self> {
        let number = number.to_string();
        let words = ["chain", origin, &number].into_iter().chain(questions.iter().map(String::as_str));
        Ok(Self(Side::start(&words.collect::<Vec<_>>())?))
    }

    /// How long the questions about an organization take one after another, in microseconds.
    pub(crate) fn ask(&mut self, number: u32) -> Outcome<f64> {
        Ok(self.0.tell(&number.to_string())?.parse()?)
    }
}

/// The hidden sub-command: for each number that is read, asks the questions and says how long it took.
pub(crate) fn serve(words: &[String]) -> Outcome<ExitCode> {
    let [origin, number, questions @ ..] = words else { return Err("chain needs an origin and a number".into()) };
    let asked_about: u32 = number.parse()?;
    let client = reqwest::Client::builder().no_proxy().build()?;
    let runtime = tokio::runtime::Runtime::new()?;
    for line in std::io::stdin().lines() {
        let number: u32 = line?.trim().parse()?;
        let urls = questions.iter().map(|question| format!("{origin}{}", about(question, asked_about, number)));
        let urls: Vec<String> = urls.collect();
        let took = runtime.block_on(async {
            let started = Instant::now();
            for url in &urls {
                let response = client.get(url).bearer_auth("stand-in").send().await?.error_for_status()?;
                response.bytes().await?;
            }
            Ok::<_, reqwest::Error>(started.elapsed())
        })?;
        println!("{}", took.as_secs_f64() * 1e6);
    }
    Ok(ExitCode::SUCCESS)
}
