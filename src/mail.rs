//! The mail room: hands written mails to a relay by SMTP (RFC 5321), or writes them to a folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::response::Category;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::ExposeSecret;
use tokio::io::AsyncWriteExt;

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

    /// Whether the relay can be reached and takes our credentials; nothing is sent. A folder always can.
    ///
    /// # Errors
    /// What the relay said.
    pub async fn probe(&self) -> Result<(), String> {
        match &self.way {
            Way::Relay(relay) => match relay.test_connection().await {
                Ok(true) => Ok(()),
                Ok(false) => Err("the relay closed the connection".to_owned()),
                Err(error) => Err(error.to_string()),
            },
            Way::Folder(_) => Ok(()),
        }
    }

    /// Hands one mail over; `id` is the same at each try.
    ///
    /// # Errors
    /// [`MailError`] says whether it is worth another try.
    pub async fn send(&self, id: &str, mail: &Mail) -> Result<(), MailError> {
        let message = self.compose(id, mail).map_err(|fault| MailError::Refused(fault.to_string()))?;
        match &self.way {
            Way::Relay(relay) => match relay.send(message).await {
                Ok(_) => Ok(()),
                Err(error) if error.is_permanent() && !is_about_us(&error) => {
                    Err(MailError::Refused(error.to_string()))
                }
                Err(error) => Err(MailError::Later(error.to_string())),
            },
            Way::Folder(folder) => {
                let write = async {
                    create_private_folder(folder).await?;
                    let (name, hidden) = (format!("{}.eml", new_id("mail")), format!(".{}", new_id("mail")));
                    // Whoever reads the folder sees whole mails only.
                    write_private(&folder.join(&hidden), &message.formatted()).await?;
                    tokio::fs::rename(folder.join(hidden), folder.join(name)).await
                };
                write.await.map_err(|error: std::io::Error| MailError::Later(error.to_string()))
            }
        }
    }

    fn compose(&self, id: &str, mail: &Mail) -> Result<Message, Fault> {
        let to = mail.to.parse().context("the address of a mail")?;
        // An administrator's own sender that is none must not keep people out.
        let own = mail.from.as_deref().and_then(|from| from.parse().ok());
        let mut from: Mailbox = own.unwrap_or_else(|| self.from.clone());
        if let Some(name) =
            mail.from_name.as_deref().map(one_line).filter(|name| mail.from.is_none() && !name.is_empty())
        {
            from.name = Some(name);
        }
        // A mail sent twice, since an answer was lost, is one mail to its reader.
        let message_id = format!("<{id}@{}>", from.email.domain());
        Message::builder()
            .from(from)
            .to(Mailbox::new(None, to))
            .subject(one_line(&mail.subject))
            .message_id(Some(message_id))
            .header(AutoSubmitted)
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
            .context("composing a mail")
    }
}

/// Mails hold codes and links that sign people in: nobody else on the machine reads them. A folder that is there keeps
/// the rights that somebody gave it.
async fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = tokio::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    builder.mode(0o700);
    builder.create(folder).await
}

async fn write_private(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(file).await?;
    file.write_all(bytes).await?;
    file.flush().await
}

/// The relay refused us and not the mail (53x, RFC 4954 §6): credentials can be mended, and no mail is lost to them.
fn is_about_us(error: &lettre::transport::smtp::Error) -> bool {
    error.status().is_some_and(|code| code.category == Category::Unspecified3)
}

/// A header's value: a line break in one would begin another header.
fn one_line(text: &str) -> String {
    text.split(|letter: char| letter.is_control() || letter.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// No absence note answers a mail that nobody wrote (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(mail: &Mail) -> Result<String, Fault> {
        let from = "Vestibule <no-reply@login.example>".parse().expect("an address");
        let room = MailRoom { from, way: Way::Folder(PathBuf::new()) };
        Ok(String::from_utf8(room.compose("mail_1", mail)?.formatted()).expect("ASCII"))
    }

    fn mail() -> Mail {
        let text = |text: &str| text.to_owned();
        Mail {
            from: None,
            from_name: None,
            to: text("bob@acme.example"),
            subject: text("Hello"),
            text: text("Hi"),
            html: text("<p>Hi"),
        }
    }

    #[test]
    fn a_name_or_a_subject_is_one_header_whatever_it_holds() {
        let hostile = "Acme\r\nBcc: eve@evil.example\r\n\r\nBuy\u{2028}this\u{0}";
        let mail = Mail { from_name: Some(hostile.to_owned()), subject: hostile.to_owned(), ..mail() };
        let text = composed(&mail).expect("composed");
        let (head, _) = text.split_once("\r\n\r\n").expect("a head");
        assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
        assert!(head.contains("<no-reply@login.example>") && !head.contains("<eve"), "{head}");
        for name in ["Acme\" <eve@evil.example>, \"x", "Ümläut & Söhne", "عربي", "a@b, c@d"] {
            let text = composed(&Mail { from_name: Some(name.to_owned()), ..self::mail() }).expect("composed");
            let from = text.lines().find(|line| line.starts_with("From:")).expect("a sender");
            assert!(from.ends_with("<no-reply@login.example>") && !from.contains(" <eve"), "{from}");
        }
    }

    #[test]
    fn a_mail_says_that_nobody_wrote_it_and_which_one_it_is() {
        let text = composed(&mail()).expect("composed");
        for header in ["Auto-Submitted: auto-generated", "Message-ID: <mail_1@login.example>", "Date: ", "To: bob@acme"]
        {
            assert!(text.contains(header), "{text}");
        }
        assert!(text.contains("From: Vestibule <no-reply@login.example>"), "{text}");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_on_the_machine_reads_the_mails_of_a_folder() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().expect("a directory");
        let folder = directory.path().join("mails");
        let from = "Vestibule <no-reply@login.example>".parse().expect("an address");
        MailRoom { from, way: Way::Folder(folder.clone()) }.send("mail_1", &mail()).await.expect("written");
        let mode = |path: &Path| path.metadata().expect("is there").permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let files: Vec<_> = folder.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
        assert_eq!(files.iter().map(|file| mode(file)).collect::<Vec<_>>(), [0o600]);
    }

    #[test]
    fn what_is_no_address_gets_no_mail() {
        for to in ["bob", "bob@acme.example\r\nBcc: eve@evil.example", "a@b.example, c@d.example", ""] {
            assert!(composed(&Mail { to: to.to_owned(), ..mail() }).is_err(), "{to}");
        }
    }
}
