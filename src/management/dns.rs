//! TXT records, asked of the system's name servers or of the one the settings name.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

use super::answer::Answer;
use crate::error::{Context, Fault};
use crate::model::ApiError;

/// A name server must have answered after this long.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How the DNS is asked.
pub(super) struct Dns {
    /// `None`: as the system is configured.
    server: Option<SocketAddr>,
}

impl Dns {
    pub(super) fn new(server: Option<SocketAddr>) -> Self {
        Self { server }
    }

    /// What the TXT records of `host` say.
    ///
    /// # Errors
    /// 503 when no name server answers.
    pub(super) async fn txt(&self, host: &str) -> Answer<Vec<String>> {
        // A name too long for the DNS has no records.
        let Ok(name) = hickory_resolver::proto::rr::Name::from_ascii(format!("{host}.")) else { return Ok(Vec::new()) };
        let lookup = match self.resolver()?.txt_lookup(name).await {
            Ok(lookup) => lookup,
            Err(error) if error.is_no_records_found() => return Ok(Vec::new()),
            Err(error) => return Err(unanswered(host, &error).into()),
        };
        let text = |data: &RData| match data {
            // One text may come in several pieces (RFC 1035 §3.3.14).
            RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
            _ => None,
        };
        Ok(lookup.answers().iter().filter_map(|record| text(&record.data)).collect())
    }

    /// Made for each question: a changed system configuration counts at once, and nothing is remembered.
    fn resolver(&self) -> Result<TokioResolver, Fault> {
        let mut builder = match self.server {
            None => TokioResolver::builder_tokio().context("reading the system's DNS configuration")?,
            Some(address) => {
                let mut server = NameServerConfig::udp_and_tcp(address.ip());
                server.connections.iter_mut().for_each(|connection| connection.port = address.port());
                let config = ResolverConfig::from_name_servers(vec![server]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts, options.cache_size) = (TIMEOUT, 1, 0);
        builder.build().context("asking the DNS")
    }
}

fn unanswered(host: &str, error: &NetError) -> ApiError {
    tracing::warn!(%host, %error, "the DNS could not be asked for a discovery domain's record");
    let message = "The DNS gave no answer; try again later.";
    ApiError::new(503, None, message).with_retry_after(5)
}
