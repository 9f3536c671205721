//! The content of a folder of a store, shown as `aws s3 ls` shows it.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::display::{Align, Bundle, Table};

/// One level of a bucket: folders and objects, each in the order of their names.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Listing {
    /// URL of the listed folder.
    pub url: String,
    /// Names of the folders, without a slash.
    pub folders: Vec<String>,
    /// The objects.
    pub entries: Vec<Entry>,
}

/// An object of a store.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Entry {
    /// Name within the folder.
    pub name: String,
    /// Key within the bucket.
    pub key: String,
    /// Size in bytes.
    pub size: u64,
    /// When the object was last written.
    pub last_modified: DateTime<Utc>,
}

impl Entry {
    pub(crate) fn new(name: String, key: String, size: u64, last_modified: DateTime<Utc>) -> Self {
        Self { name, key, size, last_modified }
    }

    fn time(&self) -> String {
        self.last_modified.format("%Y-%m-%d %H:%M:%S").to_string()
    }
}

impl Listing {
    pub(crate) fn new(url: String, folders: Vec<String>, entries: Vec<Entry>) -> Self {
        Self { url, folders, entries }
    }

    /// The object with this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Whether there is no folder and no object.
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.entries.is_empty()
    }

    /// Shows the listing in a notebook.
    pub fn evcxr_display(&self) {
        if self.is_empty() {
            return Bundle::text(format!("nothing at {}", self.url)).emit();
        }
        let mut table = Table::new([("last modified (UTC)", Align::Left), ("bytes", Align::Right), ("name", Align::Left)]);
        for folder in &self.folders {
            table.row(["", "", &format!("{folder}/")]);
        }
        for entry in &self.entries {
            table.row([entry.time(), entry.size.to_string(), entry.name.clone()]);
        }
        Bundle::text(self.to_string()).html(table.to_html()).emit();
    }
}

impl fmt::Display for Listing {
    /// The lines of `aws s3 ls`, in UTC, without a final newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folders = self.folders.iter().map(|folder| format!("{:>30} {folder}/", "PRE"));
        let entries = self.entries.iter().map(|entry| format!("{} {:>10} {}", entry.time(), entry.size, entry.name));
        f.write_str(&folders.chain(entries).collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_aws() {
        let time = "2025-08-20T13:42:57.123Z".parse().expect("time");
        let entry = |name: &str, size| Entry::new(name.into(), format!("job/{name}"), size, time);
        let entries =
            vec![entry("LC08_L2SP_044032_20231208_02_T1.json", 3447), entry("otsu.tif", 406547), entry("big", 12_345_678_901)];
        let listing = Listing::new("s3://results/job/".into(), vec!["item".into()], entries);
        assert_eq!(
            listing.to_string(),
            "                           PRE item/\n\
             2025-08-20 13:42:57       3447 LC08_L2SP_044032_20231208_02_T1.json\n\
             2025-08-20 13:42:57     406547 otsu.tif\n\
             2025-08-20 13:42:57 12345678901 big"
        );
        assert_eq!(listing.get("otsu.tif").map(|entry| entry.size), Some(406547));
    }
}
