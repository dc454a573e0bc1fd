//! The mail room: hands written mails to a relay by SMTP (RFC 5321), or writes them to a folder.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;

use crate::config;
use crate::error::{Context, Fault};
use crate::model::mail::Mail;
use crate::model::new_id;

/// Where mails go.
pub struct MailRoom {
    from: Mailbox,
    way: Way,
}

enum Way {
    Relay(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It will never be taken, such as one to an address that is none.
    #[error("refused for good: {0}")]
    Refused(String),
    /// It may be taken later.
    #[error("not taken now: {0}")]
    Later(String),
}

impl MailRoom {
    /// # Errors
    /// When `mail.from` or `mail.smtp_url` cannot be used.
    pub fn new(settings: &config::Mail) -> Result<Self, Fault> {
        let from = settings.from.parse().context("the setting mail.from")?;
        let url = settings.smtp_url.expose_secret();
        let way = if url.is_empty() {
            Way::Folder(settings.folder.clone())
        } else {
            let relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).context("the setting mail.smtp_url")?;
            Way::Relay(relay.timeout(Some(Duration::from_secs(settings.timeout_seconds))).build())
        };
        Ok(Self { from, way })
    }

    /// The folder that mails are written to, if there is no relay.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.way {
            Way::Folder(folder) => Some(folder),
            Way::Relay(_) => None,
        }
    }

    /// Hands one mail over.
    ///
    /// # Errors
    /// [`MailError`] says whether it is worth another try.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.compose(mail).map_err(|fault| MailError::Refused(fault.to_string()))?;
        match &self.way {
            Way::Relay(relay) => match relay.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() => Err(MailError::Refused(error.to_string())),
                Err(error) => Err(MailError::Later(error.to_string())),
            },
            Way::Folder(folder) => {
                let write = async {
                    tokio::fs::create_dir_all(folder).await?;
                    let (name, hidden) = (format!("{}.eml", new_id("mail")), format!(".{}", new_id("mail")));
                    // Whoever reads the folder sees whole mails only.
                    tokio::fs::write(folder.join(&hidden), message.formatted()).await?;
                    tokio::fs::rename(folder.join(hidden), folder.join(name)).await
                };
                write.await.map_err(|error: std::io::Error| MailError::Later(error.to_string()))
            }
        }
    }

    fn compose(&self, mail: &Mail) -> Result<Message, Fault> {
        let to: Mailbox = mail.to.parse().context("the address of a mail")?;
        // An administrator's own sender that is none must not keep people out.
        let own = mail.from.as_deref().and_then(|from| from.parse().ok());
        let from = own.unwrap_or_else(|| self.from.clone());
        Message::builder()
            .from(from)
            .to(to)
            .subject(mail.subject.clone())
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .context("composing a mail")
    }
}
