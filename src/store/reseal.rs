//! Rotation of the root key: at a start with a previous one, what it sealed is sealed anew with the current one.

use sqlx::Row;

use super::database::{Database, Rows, StoreError};
use super::{applications, connections, keys, logins};

/// A table with sealed values: reading them with their identifiers (`a`, `b`), and writing one back.
struct Sealed {
    select: &'static str,
    update: &'static str,
    place: fn(&str, &str) -> String,
}

const TABLES: [Sealed; 4] = [
    Sealed {
        select: "SELECT kid AS a, '' AS b, sealed_key AS sealed FROM signing_keys",
        update: "UPDATE signing_keys SET sealed_key = $1 WHERE kid = $2 AND '' = $3",
        place: |kid, _| keys::place(kid),
    },
    Sealed {
        select: "SELECT client_id AS a, '' AS b, sealed_secret AS sealed FROM clients WHERE sealed_secret IS NOT NULL",
        update: "UPDATE clients SET sealed_secret = $1 WHERE client_id = $2 AND '' = $3",
        place: |client_id, _| applications::place(client_id),
    },
    Sealed {
        select: "SELECT id AS a, '' AS b, sealed_options AS sealed FROM connections WHERE sealed_options IS NOT NULL",
        update: "UPDATE connections SET sealed_options = $1 WHERE id = $2 AND '' = $3",
        place: |id, _| connections::place(id),
    },
    Sealed {
        select: "SELECT kind AS a, key AS b, body AS sealed FROM records",
        update: "UPDATE records SET body = $1 WHERE kind = $2 AND key = $3",
        place: logins::place_of,
    },
];

impl Database {
    /// Seals anew what the previous root key sealed, in one transaction; then that key may be forgotten.
    pub(super) async fn reseal(&self) -> Result<(), StoreError> {
        if !self.seal.has_previous_key() {
            return Ok(());
        }
        let resealed = self.write(|mut rows| {
            Box::pin(async move {
                let mut resealed = 0;
                for table in &TABLES {
                    resealed += rows.reseal_table(table).await?;
                }
                Ok::<u64, StoreError>(resealed)
            })
        });
        let resealed = resealed.await?;
        tracing::info!(resealed, "the previous root key is no longer needed: what it sealed was sealed anew");
        Ok(())
    }
}

impl Rows<'_> {
    async fn reseal_table(&mut self, table: &Sealed) -> Result<u64, StoreError> {
        let mut resealed = 0;
        for row in self.all(sqlx::query(table.select)).await? {
            let (a, b): (String, String) = (row.try_get("a")?, row.try_get("b")?);
            let sealed: String = row.try_get("sealed")?;
            if self.seal.is_current(&sealed) {
                continue;
            }
            let place = (table.place)(&a, &b);
            let anew = self.seal.seal(&place, &self.seal.open(&place, &sealed)?)?;
            resealed += self.execute(sqlx::query(table.update).bind(anew).bind(a).bind(b)).await?;
        }
        Ok(resealed)
    }
}
