//! A form that edits what is there: which version it was made of, and what somebody else has changed since.

use super::fields::Errors;
use crate::web::form::Form;

/// Name and label of each field.
pub(super) type Labels<'l> = &'l [(&'static str, &'static str)];

/// What an editing form shows.
pub(super) struct Edit {
    form: Form,
    /// Of what is there; a change of another one is refused.
    pub(super) version: String,
    /// Told to who would have overwritten them.
    pub(super) differences: Vec<Difference>,
}

/// A field of which somebody else has saved another value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) label: &'static str,
    pub(super) theirs: String,
    pub(super) mine: String,
}

impl Edit {
    /// The form of what is there, or of what was `typed` and not saved. Who was late sees both, and may save theirs
    /// over it.
    pub(super) fn of((there, version): (Form, String), typed: Option<Form>, errors: &Errors, labels: Labels) -> Self {
        let Some(typed) = typed else { return Self { form: there, version, differences: Vec::new() } };
        if !errors.are_of_another_version() {
            let version = typed.get("version").to_owned();
            return Self { form: typed, version, differences: Vec::new() };
        }
        let differences = differences(&there, &typed, labels);
        Self { form: typed, version, differences }
    }

    pub(super) fn form(&self) -> &Form {
        &self.form
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.form.get(name)
    }

    pub(super) fn is_on(&self, name: &str) -> bool {
        self.form.is_on(name)
    }
}

fn differences(there: &Form, typed: &Form, labels: Labels) -> Vec<Difference> {
    let value = |form: &Form, name: &str| form.all(name).collect::<Vec<_>>().join(", ").replace('\r', "");
    let of = |&(name, label): &(&'static str, &'static str)| {
        let (theirs, mine) = (value(there, name), value(typed, name));
        (theirs != mine).then_some(Difference { label, theirs, mine })
    };
    labels.iter().filter_map(of).collect()
}

/// The names alone, for sorting errors.
pub(super) fn names(labels: Labels) -> Vec<&'static str> {
    labels.iter().map(|(name, _)| *name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_late_sees_what_differs() {
        let form = |name: &str, note: &str| -> Form {
            [("name", name), ("note", note)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect()
        };
        let labels = [("name", "Name"), ("note", "Note")];
        let found = differences(&form("acme", "a\nb"), &form("globex", "a\r\nb"), &labels);
        assert_eq!(found, [Difference { label: "Name", theirs: "acme".to_owned(), mine: "globex".to_owned() }]);
    }
}
