//! The postman: takes mails out of the outbox, so that a slow relay holds nobody up.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::config;
use crate::mail::{MailError, MailRoom};
use crate::model::Timestamp;
use crate::store::{ClaimedMail, Tenant};

/// How long the outbox is left alone when it cannot be read.
const PAUSE: Duration = Duration::from_secs(5);
/// Mails handed over at the same time: one that a relay holds keeps no other waiting.
const AT_ONCE: usize = 4;

/// Sends what is due until it is dropped. A mail that was sent just before a crash is sent again: at least once.
pub(super) async fn deliver(room: Arc<MailRoom>, tenant: Tenant, settings: config::Mail) {
    if let Some(folder) = room.folder() {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        tracing::info!(folder = %folder.display(), "mails are written to a folder: mail.smtp_url names no relay");
    }
    // Those under way end with this task: a mail is sent again when its hold ends.
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        let now = Timestamp::now();
        // Longer than one try takes, so that no other node takes it meanwhile.
        let until = now.plus_seconds(i64::try_from(settings.timeout_seconds).unwrap_or(60) * 4);
        match tenant.claim_mail(now, until).await {
            Ok(Some(claimed)) => {
                let (room, tenant, settings) = (room.clone(), tenant.clone(), settings.clone());
                under_way.spawn(async move { send(&room, &tenant, &settings, claimed).await });
            }
            Ok(None) => tokio::time::sleep(Duration::from_millis(settings.outbox_milliseconds)).await,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while under_way.try_join_next().is_some() {}
    }
}

async fn send(room: &MailRoom, tenant: &Tenant, settings: &config::Mail, claimed: ClaimedMail) {
    let ClaimedMail { id, mail, tries } = claimed;
    if mail.is_for_nobody() {
        return delete_unsent(tenant, &id).await;
    }
    let outcome = match room.send(&id, &mail).await {
        Ok(()) => {
            metrics::counter!("mails_sent_total").increment(1);
            tenant.delete_mail(&id).await
        }
        Err(MailError::Later(why)) if tries < settings.most_tries => {
            tracing::warn!(why, id, tries, "a mail was not taken and is tried again");
            tenant.delay_mail(&id, Timestamp::now().plus_seconds(wait_seconds(settings.retry_seconds, tries))).await
        }
        Err(error) => {
            metrics::counter!("mails_given_up_total").increment(1);
            tracing::error!(%error, id, "a mail is given up");
            tenant.delete_mail(&id).await
        }
    };
    if let Err(error) = outcome {
        tracing::warn!(%error, id, "the outbox cannot be written; the mail is sent again");
    }
}

/// A mail that was queued only so that asking for an unknown address costs the same.
async fn delete_unsent(tenant: &Tenant, id: &str) {
    if let Err(error) = tenant.delete_mail(id).await {
        tracing::warn!(%error, id, "the outbox cannot be written; the mail for nobody is deleted later");
    }
}

/// The first wait, doubled with each try, four hours at most.
fn wait_seconds(first: i64, tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 20) - 1).unwrap_or_default();
    first.saturating_mul(1 << doublings).min(4 * 3600)
}
