//! What the Management API is asked and what it answers, as it is remembered: keys are structs, never joined strings.

use std::sync::Arc;

use compact_str::CompactString;
use equivalent::Equivalent;
use serde::{Deserialize, Serialize};

use super::LoginOption;
use crate::model::login::Discovery;
use crate::model::tenant_settings::PromptSettings;
use crate::model::{Application, Connection, OrganizationClient, ResourceServer, ShownConnection, ShownOrganization};

/// A question: texts are borrowed where it is asked and owned where it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Question<T> {
    /// By id or name.
    Organization(T),
    /// The enabled connections of an organization, by its id.
    LoginOptions(T),
    /// The connections of an application without an organization, by its client id.
    ApplicationOptions(T),
    Connection(T),
    Application(T),
    OrganizationClient {
        organization_id: T,
        client_id: T,
    },
    ResourceServer(T),
    Discovery {
        by: DiscoveredBy,
        value: T,
        client_id: T,
    },
    Prompts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum DiscoveredBy {
    Domain,
    Connection,
}

/// The domains below it are nobody's (RFC 6761 §6.4).
pub(super) const NOBODYS: &str = ".invalid";

pub(super) type Asked<'q> = Question<&'q str>;
/// Ids and most names fit into the key itself, so that a look-up finds them where it looks.
pub(super) type Key = Question<CompactString>;

/// The number of [`Question::kind`]s.
pub(super) const KINDS: usize = 9;

impl<T> Question<T> {
    /// The same number for every question of one kind.
    pub(super) fn kind(&self) -> usize {
        match self {
            Self::Organization(_) => 0,
            Self::LoginOptions(_) => 1,
            Self::ApplicationOptions(_) => 2,
            Self::Connection(_) => 3,
            Self::Application(_) => 4,
            Self::OrganizationClient { .. } => 5,
            Self::ResourceServer(_) => 6,
            Self::Discovery { .. } => 7,
            Self::Prompts => 8,
        }
    }

    pub(super) fn map<U>(self, mut text: impl FnMut(T) -> U) -> Question<U> {
        match self {
            Self::Organization(name) => Question::Organization(text(name)),
            Self::LoginOptions(id) => Question::LoginOptions(text(id)),
            Self::ApplicationOptions(id) => Question::ApplicationOptions(text(id)),
            Self::Connection(id) => Question::Connection(text(id)),
            Self::Application(id) => Question::Application(text(id)),
            Self::OrganizationClient { organization_id, client_id } => {
                Question::OrganizationClient { organization_id: text(organization_id), client_id: text(client_id) }
            }
            Self::ResourceServer(identifier) => Question::ResourceServer(text(identifier)),
            Self::Discovery { by, value, client_id } => {
                Question::Discovery { by, value: text(value), client_id: text(client_id) }
            }
            Self::Prompts => Question::Prompts,
        }
    }
}

impl Asked<'_> {
    pub(super) fn to_key(self) -> Key {
        self.map(CompactString::from)
    }
}

impl Key {
    /// The bytes of its texts.
    pub(super) fn length(&self) -> usize {
        let mut bytes = 0;
        let _ = self.clone().map(|text| bytes += text.len());
        bytes
    }
}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        match (*self, key) {
            (Self::Organization(ours), Question::Organization(its))
            | (Self::LoginOptions(ours), Question::LoginOptions(its))
            | (Self::ApplicationOptions(ours), Question::ApplicationOptions(its))
            | (Self::Connection(ours), Question::Connection(its))
            | (Self::Application(ours), Question::Application(its))
            | (Self::ResourceServer(ours), Question::ResourceServer(its)) => ours == its,
            (
                Self::OrganizationClient { organization_id, client_id },
                Question::OrganizationClient { organization_id: its_organization, client_id: its_client },
            ) => organization_id == its_organization && client_id == its_client,
            (
                Self::Discovery { by, value, client_id },
                Question::Discovery { by: its_way, value: its_value, client_id: its_client },
            ) => by == *its_way && value == its_value && client_id == its_client,
            (Self::Prompts, Question::Prompts) => true,
            _ => false,
        }
    }
}

/// An answer, of the kind of its question. `None`: there is none.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Organization(Option<Arc<ShownOrganization>>),
    Options(Option<OptionSet>),
    Connection(Option<KnownConnection>),
    Application(Option<Arc<Application>>),
    OrganizationClient(Option<Arc<OrganizationClient>>),
    ResourceServer(Option<Arc<ResourceServer>>),
    Discovery(Option<Arc<Discovery>>),
    Prompts(Option<Arc<PromptSettings>>),
}

impl Answer {
    pub(super) fn is_absent(&self) -> bool {
        match self {
            Self::Organization(found) => found.is_none(),
            Self::Options(found) => found.is_none(),
            Self::Connection(found) => found.is_none(),
            Self::Application(found) => found.is_none(),
            Self::OrganizationClient(found) => found.is_none(),
            Self::ResourceServer(found) => found.is_none(),
            Self::Discovery(found) => found.is_none(),
            Self::Prompts(found) => found.is_none(),
        }
    }

    /// Bytes, roughly: the size in JSON stands for the size in memory.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Organization(found) => found.as_ref().map_or(0, json),
            Self::Options(found) => found.as_ref().map_or(0, OptionSet::weight),
            Self::Connection(found) => found.as_ref().map_or(0, KnownConnection::weight),
            Self::Application(found) => found.as_ref().map_or(0, json),
            Self::OrganizationClient(found) => found.as_ref().map_or(0, json),
            Self::ResourceServer(found) => found.as_ref().map_or(0, json),
            Self::Discovery(found) => found.as_ref().map_or(0, json),
            Self::Prompts(found) => found.as_ref().map_or(0, json),
        }
    }
}

fn json(value: &Arc<impl Serialize>) -> usize {
    struct Length(usize);
    impl std::io::Write for Length {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut length = Length(0);
    // What cannot be written as JSON never came as JSON.
    let _ = serde_json::to_writer(&mut length, value);
    length.0
}

/// A connection, whole and as pages show it. Sets that are made while it is remembered share the latter.
#[derive(Debug, Clone)]
pub(super) struct KnownConnection {
    pub(super) whole: Arc<Connection>,
    pub(super) shown: Arc<ShownConnection>,
}

impl From<Connection> for KnownConnection {
    fn from(connection: Connection) -> Self {
        Self { shown: Arc::new(connection.shown()), whole: Arc::new(connection) }
    }
}

impl KnownConnection {
    fn weight(&self) -> usize {
        json(&self.whole) + self.shown.bytes()
    }
}

/// The ways to sign in at one place.
#[derive(Debug, Clone)]
pub(super) struct OptionSet {
    pub(super) options: Arc<[LoginOption]>,
    /// Connections that no login can pass through as they are: no options, until a change opens them. Few sets have any.
    closed: Option<Arc<Vec<CompactString>>>,
}

impl FromIterator<LoginOption> for OptionSet {
    fn from_iter<I: IntoIterator<Item = LoginOption>>(all: I) -> Self {
        let (options, closed) = all.into_iter().partition::<Vec<_>, _>(|option| option.connection.is_open);
        let closed: Vec<CompactString> = closed.iter().map(|option| option.connection.id.clone()).collect();
        Self { options: options.into(), closed: Some(closed).filter(|closed| !closed.is_empty()).map(Arc::new) }
    }
}

impl OptionSet {
    pub(super) fn has(&self, connection_id: &str) -> bool {
        self.options.iter().any(|option| option.connection.id == connection_id)
            || self.closed().any(|id| id == connection_id)
    }

    /// With the connections, though they may be shared: they stay for as long as one set has them.
    fn weight(&self) -> usize {
        let option = |option: &LoginOption| size_of::<LoginOption>() + option.connection.bytes();
        self.options.iter().map(option).sum::<usize>() + self.closed().map(|id| id.len()).sum::<usize>()
    }

    fn closed(&self) -> impl Iterator<Item = &CompactString> {
        self.closed.iter().flat_map(|closed| closed.iter())
    }
}

/// A type that is remembered as one kind of [`Answer`].
pub(super) trait Kept: Sized + Send + 'static {
    fn keep(self) -> Answer;
    /// `None` only for an answer of another kind, which no question has.
    fn read(answer: Answer) -> Option<Self>;
}

macro_rules! kept {
    ($($kind:ident: $type:ty),+ $(,)?) => { $(
        impl Kept for $type {
            fn keep(self) -> Answer {
                Answer::$kind(self)
            }

            fn read(answer: Answer) -> Option<Self> {
                match answer {
                    Answer::$kind(value) => Some(value),
                    _ => None,
                }
            }
        }
    )+ };
}

kept! {
    Organization: Option<Arc<ShownOrganization>>,
    Options: Option<OptionSet>,
    Connection: Option<KnownConnection>,
    Application: Option<Arc<Application>>,
    OrganizationClient: Option<Arc<OrganizationClient>>,
    ResourceServer: Option<Arc<ResourceServer>>,
    Discovery: Option<Arc<Discovery>>,
    Prompts: Option<Arc<PromptSettings>>,
}
