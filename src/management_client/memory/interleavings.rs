//! Random interleavings of questions, changes, failures and people who leave: nobody who asks after a change gets what
//! was before it, and no two loads of one question run at the same time.

use std::sync::atomic::AtomicUsize;

use proptest::prelude::*;
use tokio::sync::oneshot;

use super::tests::named;
use super::*;
use crate::management_client::changes::Change;
use crate::management_client::question::{KnownConnection, OptionSet};
use crate::model::Connection;

const ORGANIZATION: Asked<'static> = Question::Organization("acme");
const OPTIONS: Asked<'static> = Question::LoginOptions("org_acme");
const CONNECTION: Asked<'static> = Question::Connection("con_a");

#[derive(Debug, Clone)]
enum Step {
    /// Somebody asks for the organization, or for its options.
    Ask { options: bool, decides: bool },
    /// The organization's name, its options or the connection in them is changed at the source.
    Change(u8),
    /// One of the loads that wait gets its answer.
    Answer { which: usize, outcome: Outcome },
    /// One of those who wait leaves.
    Leave(usize),
}

#[derive(Debug, Clone, Copy)]
enum Outcome {
    Comes,
    Fails,
    Panics,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), any::<bool>()).prop_map(|(options, decides)| Step::Ask { options, decides }),
        3 => (0..3_u8).prop_map(Step::Change),
        5 => (any::<usize>(), prop_oneof![6 => Just(Outcome::Comes), 1 => Just(Outcome::Fails), 1 => Just(Outcome::Panics)])
            .prop_map(|(which, outcome)| Step::Answer { which, outcome }),
        1 => any::<usize>().prop_map(Step::Leave),
    ]
}

/// The source of truth, which answers when it is told to.
#[derive(Default)]
struct Source {
    /// Versions of the organization, of its options, and of the connection in them.
    versions: [AtomicU64; 3],
    waiting: Mutex<Vec<oneshot::Sender<Outcome>>>,
    /// Loads under way that began after the last change that concerns them, and how many such changes there were.
    loads: [AtomicUsize; 3],
    changes: [AtomicU64; 3],
}

impl Source {
    fn version(&self, of: usize) -> u64 {
        self.versions[of].load(Ordering::SeqCst)
    }

    /// Reads at once, and answers later: the worst that can happen.
    async fn answer(&self, of: usize) -> Result<u64> {
        let (version, changes) = (self.version(of), self.changes[of].load(Ordering::SeqCst));
        let at_once = self.loads[of].fetch_add(1, Ordering::SeqCst) + 1;
        assert_eq!(at_once, 1, "two loads of one question");
        let (sender, told) = oneshot::channel();
        self.waiting.lock().expect("a lock").push(sender);
        let outcome = told.await.expect("an outcome");
        // A change began the count anew.
        if self.changes[of].load(Ordering::SeqCst) == changes {
            self.loads[of].fetch_sub(1, Ordering::SeqCst);
        }
        match outcome {
            Outcome::Comes => Ok(version),
            Outcome::Fails => Err(ManagementError::unreachable("told to fail")),
            Outcome::Panics => panic!("told to panic"),
        }
    }

    fn answer_everybody(&self) {
        for sender in self.waiting.lock().expect("a lock").drain(..) {
            let _ = sender.send(Outcome::Comes);
        }
    }

    fn change(&self, of: usize) {
        self.versions[of].fetch_add(1, Ordering::SeqCst);
        // Options are loaded anew also when their organization or the connection in them changes.
        for concerned in if of == 2 { 1..3 } else { of..2 } {
            self.changes[concerned].fetch_add(1, Ordering::SeqCst);
            self.loads[concerned].store(0, Ordering::SeqCst);
        }
    }
}

/// The version that an answer about the organization shows.
async fn ask_organization(memory: &Arc<Memory>, source: &Arc<Source>, purpose: Purpose) -> Result<[u64; 3]> {
    let source = source.clone();
    let load = |_| async move { source.answer(0).await.map(|version| named("acme", version)) };
    memory.get(ORGANIZATION, purpose, load).await.map(|found| [super::tests::version(&found), 0, 0])
}

/// The versions that an answer about the options shows: theirs, and their connection's.
async fn ask_options(memory: &Arc<Memory>, source: &Arc<Source>, purpose: Purpose) -> Result<[u64; 3]> {
    let (parts, source) = (memory.clone(), source.clone());
    let load = |_| async move {
        let version = source.answer(1).await?;
        let source = source.clone();
        let load = |_| async move { source.answer(2).await.map(|version| Some(connection(version))) };
        let connection: Option<KnownConnection> = parts.get(CONNECTION, Purpose::Deciding, load).await?;
        let connection = connection.expect("a connection").shown;
        let option = LoginOption { connection, visible: true, allows_sign_up: false };
        let options = vec![option; usize::try_from(version).expect("small") + 1];
        Ok(Some(options.into_iter().collect::<OptionSet>()))
    };
    let found: Option<OptionSet> = memory.get(OPTIONS, purpose, load).await?;
    let options = found.expect("options").options;
    let connection = options[0].connection.title().parse().expect("a number");
    Ok([0, options.len() as u64 - 1, connection])
}

fn connection(version: u64) -> KnownConnection {
    let json =
        serde_json::json!({ "id": "con_a", "name": "a", "strategy": "auth0", "display_name": version.to_string() });
    serde_json::from_value::<Connection>(json).expect("a connection").into()
}

/// Lets every task go on as far as it can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

async fn play(steps: Vec<Step>) {
    let memory = super::tests::memory("management.failure_seconds = 0\nmanagement.longest_failure_seconds = 0");
    let source = Arc::new(Source::default());
    let mut waiting = Vec::new();
    for step in steps {
        match step {
            Step::Ask { options, decides } => {
                let (memory, source) = (memory.clone(), source.clone());
                let purpose = if decides { Purpose::Deciding } else { Purpose::Drawing };
                let least = [0, 1, 2].map(|of| source.version(of));
                waiting.push(tokio::spawn(async move {
                    let found = match options {
                        true => ask_options(&memory, &source, purpose).await.map(|found| (found, 1..3)),
                        false => ask_organization(&memory, &source, purpose).await.map(|found| (found, 0..1)),
                    };
                    if let Ok((found, parts)) = found {
                        assert!(found[parts.clone()] >= least[parts], "older than a change before the question");
                    }
                }));
            }
            Step::Change(of) => {
                source.change(of.into());
                let change = match of {
                    0 => Change::Organization("org_acme".into()),
                    1 => Change::LoginOptions("org_acme".into()),
                    _ => Change::Connection("con_a".into()),
                };
                memory.forget(&[change]);
            }
            Step::Answer { which, outcome } => {
                let mut senders = source.waiting.lock().expect("a lock");
                if !senders.is_empty() {
                    let which = which % senders.len();
                    let _ = senders.swap_remove(which).send(outcome);
                }
            }
            Step::Leave(which) if !waiting.is_empty() => waiting.swap_remove(which % waiting.len()).abort(),
            Step::Leave(_) => {}
        }
        settle().await;
    }
    // In the end everybody has an answer, and what is remembered is what is.
    for _ in 0..10 {
        source.answer_everybody();
        settle().await;
    }
    for one in waiting {
        one.await.expect("no assertion failed");
    }
    assert!(memory.flights().under_way.is_empty());
    for options in [false, true] {
        let asking = {
            let (memory, source) = (memory.clone(), source.clone());
            tokio::spawn(async move {
                match options {
                    true => ask_options(&memory, &source, Purpose::Drawing).await.expect("an answer")[1..].to_vec(),
                    false => {
                        ask_organization(&memory, &source, Purpose::Drawing).await.expect("an answer")[..1].to_vec()
                    }
                }
            })
        };
        for _ in 0..3 {
            settle().await;
            source.answer_everybody();
        }
        let expected: Vec<u64> = if options { 1..3 } else { 0..1 }.map(|of| source.version(of)).collect();
        assert_eq!(asking.await.expect("no panic"), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_gets_what_was_before_a_change(steps in prop::collection::vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(play(steps));
    }
}
