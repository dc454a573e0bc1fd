//! A person's mailbox: what the gateway wrote to an address, read from the folder of a server without a relay.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use mail_parser::MessageParser;

use super::gateway::Gateway;

/// A mail as its reader sees it.
#[derive(Debug, Clone)]
pub struct ReceivedMail {
    pub from: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

impl Gateway {
    /// Waits for a mail to this address and takes it out of the mailbox.
    ///
    /// # Panics
    /// When none comes in ten seconds.
    pub async fn mail_to(&self, address: &str) -> ReceivedMail {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(mail) = self.find_mail_to(address) {
                return mail;
            }
            assert!(Instant::now() < deadline, "no mail to {address} came");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A mail to this address that is there already, taken out of the mailbox.
    pub fn find_mail_to(&self, address: &str) -> Option<ReceivedMail> {
        for file in self.mail_files() {
            let bytes = std::fs::read(&file).unwrap();
            let mail = MessageParser::default().parse(&bytes).unwrap();
            let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address()).unwrap_or_default();
            if to.eq_ignore_ascii_case(address) {
                std::fs::remove_file(&file).unwrap();
                return Some(ReceivedMail {
                    from: mail.from().and_then(|from| from.first()?.address()).unwrap_or_default().to_owned(),
                    subject: mail.subject().unwrap_or_default().to_owned(),
                    text: mail.body_text(0).unwrap_or_default().into_owned(),
                    html: mail.body_html(0).unwrap_or_default().into_owned(),
                });
            }
        }
        None
    }

    fn mail_files(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.mail_folder()) else { return Vec::new() };
        let files = entries.map(|entry| entry.unwrap().path());
        files.filter(|file| file.extension().is_some_and(|extension| extension == "eml")).collect()
    }
}

impl ReceivedMail {
    /// The six digits of a code.
    pub fn code(&self) -> String {
        let words = self.text.split_whitespace();
        let mut codes = words.filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_digit()));
        codes.next().unwrap_or_else(|| panic!("no code in {}", self.text)).to_owned()
    }

    /// The address of the first link.
    pub fn link(&self) -> String {
        let mut words = self.text.split_whitespace();
        words.find(|word| word.starts_with("http")).unwrap_or_else(|| panic!("no link in {}", self.text)).to_owned()
    }
}
