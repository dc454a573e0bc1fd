//! The roof's part in what the gateway remembers: the file that survives a restart, and what the API tells of it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::config::Config;
use crate::error::{Context, Fault};
use crate::management::answer_cache::AnswerCache;
use crate::management_client::Remembered;
use crate::model::cache_report::CacheReport;
use crate::model::random_alphanumeric;
use crate::store::{self, Logins};

/// The first line; a file of another version is ignored.
const HEAD: &str = "vestibule cache 2 ";
/// Bytes that are sealed together, about.
const PART: usize = 1 << 18;
const EVERY: Duration = Duration::from_secs(60);

/// Where answers of a remote Management API are kept for the next start, sealed under the root key.
///
/// After the head with the file's own random name, each line is a sealed part of the answers, and the last one seals
/// their number: a part that is changed, missing, or of another file makes the whole file worthless.
pub(super) struct CacheFile {
    path: PathBuf,
    /// Whose answers they are: those of another API are never read.
    upstream: String,
    logins: Logins,
    remembered: Remembered,
    /// Held while it is written: the last writing, at the end, waits for one that is under way.
    writing: Mutex<()>,
}

impl CacheFile {
    /// `None` when the API is in this process: it is asked again.
    pub(super) fn of(settings: &Config, logins: &Logins, remembered: &Remembered) -> Option<Self> {
        let management = &settings.management;
        let url = management.url.as_ref()?;
        let path = management.cache_file.clone().or_else(|| store::beside(&settings.storage, "cache"))?;
        let upstream = format!("{url} {}", management.client_id);
        Some(Self { path, upstream, logins: logins.clone(), remembered: remembered.clone(), writing: Mutex::new(()) })
    }

    /// Remembers what the file holds; one that cannot be used is as good as none.
    pub(super) fn read(&self) {
        match self.try_read() {
            Ok(Some(answers)) => {
                tracing::info!(answers, file = %self.path.display(), "answers of the last run are remembered")
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, file = %self.path.display(), "the cache file is ignored"),
        }
    }

    fn try_read(&self) -> Result<Option<usize>, Fault> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context("opening it"),
        };
        let mut sealed = BufReader::new(file).lines().map(|line| line.context("reading it"));
        let head = sealed.next().transpose()?.unwrap_or_default();
        let name = head.strip_prefix(HEAD).ok_or_else(|| Fault::new("its head", "it is of another version"))?;
        let sealed = sealed.collect::<Result<Vec<_>, _>>()?;
        let (end, parts) = sealed.split_last().ok_or_else(|| Fault::new("its end", "it is missing"))?;
        let open = |place: &str, line: &str| self.logins.sealing().open(&self.place(name, place), line);
        if open("end", end)? != parts.len().to_string().as_bytes() {
            return Err(Fault::new("its end", "parts are missing"));
        }
        let parts = parts.iter().enumerate().map(|(number, line)| open(&number.to_string(), line));
        let parts = parts.collect::<Result<Vec<_>, _>>()?;
        let lines = parts.iter().flat_map(|part| part.split(|byte| *byte == b'\n')).filter(|line| !line.is_empty());
        self.remembered.read(lines).map(Some)
    }

    /// Replaces the file at once or not at all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self) -> Result<(), Fault> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let new = self.path.with_added_extension("new");
        self.write_to(&new)?;
        fs::rename(&new, &self.path).context(&format!("the cache file {}", self.path.display()))
    }

    fn write_to(&self, path: &Path) -> Result<(), Fault> {
        let place = format!("the cache file {}", path.display());
        let name = random_alphanumeric(22);
        let mut file = BufWriter::new(store::create_private(path).context(&place)?);
        writeln!(file, "{HEAD}{name}").context(&place)?;
        let (mut part, mut count) = (Vec::new(), 0);
        let mut seal = |at: &str, plain: &[u8]| {
            let line = self.logins.sealing().seal(&self.place(&name, at), plain)?;
            writeln!(file, "{line}").context(&place)
        };
        self.remembered.write(|line| {
            part.extend_from_slice(line);
            part.push(b'\n');
            if part.len() >= PART {
                seal(&count.to_string(), &part)?;
                (count, part) = (count + 1, Vec::new());
            }
            Ok(())
        })?;
        if !part.is_empty() {
            seal(&count.to_string(), &part)?;
            count += 1;
        }
        seal("end", count.to_string().as_bytes())?;
        file.flush().context(&place)
    }

    /// What a line is sealed for.
    fn place(&self, name: &str, part: &str) -> String {
        format!("cache file {name} of {}: {part}", self.upstream)
    }

    /// Writes the file every minute in which something new was remembered.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut written = self.remembered.changes();
        loop {
            tokio::time::sleep(EVERY).await;
            let changes = self.remembered.changes();
            if changes == written {
                continue;
            }
            let file = self.clone();
            match tokio::task::spawn_blocking(move || file.write()).await {
                Ok(Ok(())) => written = changes,
                Ok(Err(error)) => tracing::warn!(%error, "what is remembered could not be written down"),
                Err(error) => tracing::error!(%error, "writing down what is remembered ended early"),
            }
        }
    }
}

impl AnswerCache for Remembered {
    fn report(&self, start: u64, limit: u64) -> BoxFuture<'_, CacheReport> {
        let remembered = self.clone();
        Box::pin(aside(move || Remembered::report(&remembered, start, limit)))
    }

    fn purge(&self, organization_id: Option<String>) -> BoxFuture<'_, ()> {
        tracing::info!(organization_id, "what is remembered is forgotten");
        let remembered = self.clone();
        Box::pin(aside(move || Remembered::purge(&remembered, organization_id.as_deref())))
    }
}

/// Looks through everything on a thread of its own, so that nobody's request waits for it.
async fn aside<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> T {
    let looked = tokio::task::spawn_blocking(look).await;
    looked.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
