//! What the Management API is asked and what it answers, as it is remembered: keys are structs, never joined strings.

use std::sync::Arc;

use equivalent::Equivalent;
use serde::{Deserialize, Serialize};

use super::LoginOption;
use crate::model::login::Discovery;
use crate::model::tenant_settings::PromptSettings;
use crate::model::{Application, Connection, Organization, OrganizationClient, ResourceServer};

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
pub(super) type Key = Question<Arc<str>>;

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
    /// Whether anybody can ask it about something that nobody has.
    pub(super) fn may_be_made_up(&self) -> bool {
        match self {
            Self::Organization(_) | Self::Application(_) | Self::ResourceServer(_) => true,
            Self::Discovery { by, value, .. } => *by == DiscoveredBy::Domain && !value.ends_with(NOBODYS),
            _ => false,
        }
    }

    pub(super) fn to_key(self) -> Key {
        self.map(Arc::from)
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
            | (Self::ResourceServer(ours), Question::ResourceServer(its)) => *ours == **its,
            (
                Self::OrganizationClient { organization_id, client_id },
                Question::OrganizationClient { organization_id: its_organization, client_id: its_client },
            ) => *organization_id == **its_organization && *client_id == **its_client,
            (
                Self::Discovery { by, value, client_id },
                Question::Discovery { by: its_way, value: its_value, client_id: its_client },
            ) => by == *its_way && *value == **its_value && *client_id == **its_client,
            (Self::Prompts, Question::Prompts) => true,
            _ => false,
        }
    }
}

/// An answer, of the kind of its question. `None`: there is none.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Organization(Option<Arc<Organization>>),
    Options(Arc<Vec<LoginOption>>),
    Connection(Option<Arc<Connection>>),
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
            Self::Options(_) => false,
            Self::Connection(found) => found.is_none(),
            Self::Application(found) => found.is_none(),
            Self::OrganizationClient(found) => found.is_none(),
            Self::ResourceServer(found) => found.is_none(),
            Self::Discovery(found) => found.is_none(),
            Self::Prompts(found) => found.is_none(),
        }
    }

    /// Bytes, roughly: the size in JSON stands for the size in memory. Connections of options are shared with the
    /// memory of connections.
    pub(super) fn weight(&self) -> usize {
        fn json(value: &Option<Arc<impl Serialize>>) -> usize {
            let json = value.as_ref().and_then(|value| serde_json::to_vec(value).ok());
            json.map_or(0, |json| json.len())
        }
        match self {
            Self::Organization(found) => json(found),
            Self::Options(options) => options.len() * size_of::<LoginOption>(),
            Self::Connection(found) => json(found),
            Self::Application(found) => json(found),
            Self::OrganizationClient(found) => json(found),
            Self::ResourceServer(found) => json(found),
            Self::Discovery(found) => json(found),
            Self::Prompts(found) => json(found),
        }
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
    Organization: Option<Arc<Organization>>,
    Options: Arc<Vec<LoginOption>>,
    Connection: Option<Arc<Connection>>,
    Application: Option<Arc<Application>>,
    OrganizationClient: Option<Arc<OrganizationClient>>,
    ResourceServer: Option<Arc<ResourceServer>>,
    Discovery: Option<Arc<Discovery>>,
    Prompts: Option<Arc<PromptSettings>>,
}
