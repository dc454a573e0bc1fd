//! Lists that come in pages: all or nothing (design §6), so that nobody is shown a part of a set.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use super::{ManagementClient, ManagementError, Result};

/// Entries of one page, the most that the API gives.
const PER_PAGE: usize = 100;
/// A list that is longer never ends.
const MOST_PAGES: usize = 100;

impl ManagementClient {
    /// The whole list at `path`, which ends with `?` or `&`; `None` where there is none (404). `read` takes the total and
    /// the entries out of a page (`include_totals=true`), `id` tells entries apart.
    ///
    /// # Errors
    /// `Unreachable` also when the pages do not fit together: the list changed between two, or an entry came twice.
    pub(super) async fn find_pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        read: impl Fn(P) -> (usize, Vec<T>),
        id: impl Fn(&T) -> &str,
    ) -> Result<Option<Vec<T>>> {
        let broken =
            |why: String| ManagementError::unreachable(format!("{}: {why}", super::calls::without_query(path)));
        let mut all: Vec<T> = Vec::new();
        let mut expected = None;
        for number in 0..MOST_PAGES {
            let page = format!("{path}page={number}&per_page={PER_PAGE}&include_totals=true");
            let Some((total, entries)) = self.find(&page).await?.map(&read) else {
                return if number == 0 { Ok(None) } else { Err(broken("the list is gone".to_owned())) };
            };
            all.extend(entries);
            if total != *expected.get_or_insert(total) {
                return Err(broken("its total changed between two pages".to_owned()));
            }
            // A page that is not full is the last.
            if all.len() != (number + 1) * PER_PAGE || all.len() == total {
                let ids: HashSet<&str> = all.iter().map(&id).collect();
                return match (all.len() == total, ids.len() == total) {
                    (true, true) => Ok(Some(all)),
                    (true, false) => Err(broken("an entry came twice".to_owned())),
                    (false, _) => Err(broken(format!("{} of {total} came", all.len()))),
                };
            }
        }
        Err(broken(format!("it has more than {MOST_PAGES} pages")))
    }
}
