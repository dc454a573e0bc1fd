//! What is remembered, written down for the next process, and read again.
//!
//! Connections are written once each, as pages show them, before the options that have them: a hundred thousand
//! organizations may share a few. Whole ones are not written: what they are needed for is asked anew in any case.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::LoginOption;
use super::memory::{Fetched, Memory};
use super::question::{Answer, Key};
use super::remembered::Remembered;
use crate::error::{Context, Fault};
use crate::model::login::Discovery;
use crate::model::tenant_settings::PromptSettings;
use crate::model::{Application, OrganizationClient, ResourceServer, ShownConnection, ShownOrganization, Timestamp};

/// One line of the file.
#[derive(Serialize, Deserialize)]
enum Line {
    /// A connection that options refer to by its id.
    Shared(Arc<ShownConnection>),
    Answer {
        question: Key,
        fetched_at: Timestamp,
        answer: WrittenAnswer,
    },
}

#[derive(Serialize, Deserialize)]
enum WrittenAnswer {
    Organization(Arc<ShownOrganization>),
    Options(Vec<WrittenOption>),
    Application(Arc<Application>),
    OrganizationClient(Arc<OrganizationClient>),
    ResourceServer(Arc<ResourceServer>),
    Discovery(Arc<Discovery>),
    Prompts(Arc<PromptSettings>),
}

#[derive(Serialize, Deserialize)]
struct WrittenOption {
    connection_id: CompactString,
    visible: bool,
    allows_sign_up: bool,
}

impl Remembered {
    /// A number that grows whenever there is something new to write.
    pub fn changes(&self) -> u64 {
        self.memory().counts().changes()
    }

    /// Gives `put` everything that is worth keeping, one line of JSON after the other.
    ///
    /// # Errors
    /// `put`'s.
    pub fn write(&self, mut put: impl FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        let now = (Instant::now(), Timestamp::now());
        let mut put_line = |line: &Line| put(&serde_json::to_vec(line).context("writing a remembered answer")?);
        for connection in shared(self.memory()).into_values() {
            put_line(&Line::Shared(connection))?;
        }
        for (key, entry) in self.memory().entries() {
            if let Some(answer) = written(&entry.answer) {
                let age = i64::try_from(entry.fetched.age(now.0).as_millis()).unwrap_or(i64::MAX);
                let fetched_at = Timestamp(now.1.0.saturating_sub(age));
                put_line(&Line::Answer { question: (*key).clone(), fetched_at, answer })?;
            }
        }
        Ok(())
    }

    /// Remembers what an earlier process wrote, all of it or nothing; how many answers.
    ///
    /// # Errors
    /// When a line is not one that [`Remembered::write`] writes.
    pub fn read<'l>(&self, lines: impl Iterator<Item = &'l [u8]>) -> Result<usize, Fault> {
        let now = (Instant::now(), Timestamp::now());
        let mut connections = HashMap::new();
        let mut answers = Vec::new();
        for line in lines {
            match serde_json::from_slice(line).context("reading a remembered answer")? {
                Line::Shared(connection) => {
                    connections.insert(connection.id.clone(), connection);
                }
                Line::Answer { question, fetched_at, answer } => {
                    let age = Duration::from_millis(u64::try_from(now.1.0 - fetched_at.0).unwrap_or_default());
                    let fetched = Fetched {
                        at: now.0,
                        seconds_then: u32::try_from(age.as_secs()).unwrap_or(u32::MAX),
                        is_from_file: true,
                    };
                    answers.extend(read(answer, &connections).map(|answer| (question, answer, fetched)));
                }
            }
        }
        let count = answers.len();
        for (question, answer, fetched) in answers {
            self.memory().restore(question, answer, fetched);
        }
        Ok(count)
    }
}

/// The connections that options refer to, by id; where several are remembered, the latest.
fn shared(memory: &Memory) -> BTreeMap<CompactString, Arc<ShownConnection>> {
    let now = Instant::now();
    let mut shared: BTreeMap<CompactString, (Duration, Arc<ShownConnection>)> = BTreeMap::new();
    for (_, entry) in memory.entries() {
        let Answer::Options(Some(set)) = &entry.answer else { continue };
        let age = entry.fetched.age(now);
        for LoginOption { connection, .. } in set.options.iter() {
            if shared.get(&connection.id).is_none_or(|(its_age, _)| age < *its_age) {
                shared.insert(connection.id.clone(), (age, connection.clone()));
            }
        }
    }
    shared.into_iter().map(|(id, (_, connection))| (id, connection)).collect()
}

/// That there is none of something is not worth keeping, nor are whole connections.
fn written(answer: &Answer) -> Option<WrittenAnswer> {
    let option = |option: &LoginOption| WrittenOption {
        connection_id: option.connection.id.clone(),
        visible: option.visible,
        allows_sign_up: option.allows_sign_up,
    };
    Some(match answer.clone() {
        Answer::Connection(_) => return None,
        Answer::Organization(found) => WrittenAnswer::Organization(found?),
        Answer::Options(found) => WrittenAnswer::Options(found?.options.iter().map(option).collect()),
        Answer::Application(found) => WrittenAnswer::Application(found?),
        Answer::OrganizationClient(found) => WrittenAnswer::OrganizationClient(found?),
        Answer::ResourceServer(found) => WrittenAnswer::ResourceServer(found?),
        Answer::Discovery(found) => WrittenAnswer::Discovery(found?),
        Answer::Prompts(found) => WrittenAnswer::Prompts(found?),
    })
}

/// `None` for options that lack what they refer to: no part of a set is shown.
fn read(answer: WrittenAnswer, connections: &HashMap<CompactString, Arc<ShownConnection>>) -> Option<Answer> {
    let option = |WrittenOption { connection_id, visible, allows_sign_up }| {
        Some(LoginOption { connection: connections.get(&connection_id)?.clone(), visible, allows_sign_up })
    };
    Some(match answer {
        WrittenAnswer::Organization(found) => Answer::Organization(Some(found)),
        WrittenAnswer::Options(options) => {
            Answer::Options(Some(options.into_iter().map(option).collect::<Option<_>>()?))
        }
        WrittenAnswer::Application(found) => Answer::Application(Some(found)),
        WrittenAnswer::OrganizationClient(found) => Answer::OrganizationClient(Some(found)),
        WrittenAnswer::ResourceServer(found) => Answer::ResourceServer(Some(found)),
        WrittenAnswer::Discovery(found) => Answer::Discovery(Some(found)),
        WrittenAnswer::Prompts(found) => Answer::Prompts(Some(found)),
    })
}
