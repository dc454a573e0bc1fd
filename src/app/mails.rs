//! The postman: takes mails out of the outbox, so that a slow relay holds nobody up.

use std::sync::Arc;
use std::time::Duration;

use crate::config;
use crate::mail::{MailError, MailRoom};
use crate::model::Timestamp;
use crate::store::{ClaimedMail, Tenant};

/// How often the outbox is looked into when it is empty.
const PAUSE: Duration = Duration::from_millis(200);

/// Sends what is due until it is dropped. A mail that was sent just before a crash is sent again: at least once.
pub(super) async fn deliver(room: Arc<MailRoom>, tenant: Tenant, settings: config::Mail) {
    if let Some(folder) = room.folder() {
        tracing::info!(folder = %folder.display(), "mails are written to a folder: mail.smtp_url names no relay");
    }
    loop {
        let now = Timestamp::now();
        // Longer than one try takes, so that no other node takes it meanwhile.
        let until = now.plus_seconds(i64::try_from(settings.timeout_seconds).unwrap_or(60) * 4);
        match tenant.claim_mail(now, until).await {
            Ok(Some(claimed)) => send(&room, &tenant, &settings, claimed).await,
            Ok(None) => tokio::time::sleep(PAUSE).await,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                tokio::time::sleep(PAUSE * 25).await;
            }
        }
    }
}

async fn send(room: &MailRoom, tenant: &Tenant, settings: &config::Mail, claimed: ClaimedMail) {
    let ClaimedMail { id, mail, tries } = claimed;
    let outcome = match room.send(&mail).await {
        Ok(()) => {
            metrics::counter!("mails_sent_total").increment(1);
            tenant.delete_mail(&id).await
        }
        Err(MailError::Later(why)) if tries < settings.most_tries => {
            tracing::warn!(why, id, tries, "a mail was not taken and is tried again");
            tenant.delay_mail(&id, Timestamp::now().plus_seconds(wait_seconds(tries))).await
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

/// Half a minute, doubled with each try, four hours at most.
fn wait_seconds(tries: i64) -> i64 {
    let doublings = u32::try_from(tries.clamp(1, 20) - 1).unwrap_or_default();
    (30_i64 << doublings).min(4 * 3600)
}
