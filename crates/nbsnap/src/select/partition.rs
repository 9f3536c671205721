//! Shares of the notebooks, for build machines that run at the same time.
//!
//! The main type is [`Partition`].

use std::str::FromStr;

use sha2::{Digest, Sha256};

/// Why a text is not a partition.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a partition; write `1/3` to `3/3`, or `slice:1/3` to `slice:3/3`")]
pub struct PartitionError {
    /// The text.
    text: String,
}

/// One of several shares of the notebooks. Together they are all notebooks, each once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    kind: Kind,
    /// Which share, from 0.
    index: usize,
    /// How many there are.
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By the notebook's name: a notebook stays in its share when others are added or removed.
    Hash,
    /// One notebook after the other: shares are equally large, and a new notebook moves those after it.
    Slice,
}

impl Partition {
    /// Whether the share contains the notebook called `name`. `names` are all notebooks, in order.
    pub(super) fn holds(&self, name: &str, names: &[&str]) -> bool {
        match self.kind {
            Kind::Slice => names.iter().position(|known| *known == name).is_some_and(|at| at % self.count == self.index),
            Kind::Hash => {
                let digest = Sha256::digest(name.as_bytes());
                let number = digest[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
                number % self.count as u64 == self.index as u64
            }
        }
    }
}

impl FromStr for Partition {
    type Err = PartitionError;

    fn from_str(text: &str) -> Result<Partition, PartitionError> {
        let (kind, share) = match text.split_once(':') {
            None | Some(("hash", _)) => (Kind::Hash, text.strip_prefix("hash:").unwrap_or(text)),
            Some(("slice", share)) => (Kind::Slice, share),
            Some(_) => (Kind::Hash, ""),
        };
        let parsed = share.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parsed {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Partition { kind, index: index - 1, count }),
            _ => Err(PartitionError { text: text.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_notebook_is_in_one_share_and_stays_there() {
        let names = ["01-deploy", "02-list", "03-describe", "04-execute", "05-manage"];
        for kind in ["", "hash:", "slice:"] {
            let shares: Vec<Partition> = (1..=3).map(|index| format!("{kind}{index}/3").parse().unwrap()).collect();
            for name in names {
                let holding: Vec<bool> = shares.iter().map(|share| share.holds(name, &names)).collect();
                assert_eq!(holding.iter().filter(|holds| **holds).count(), 1, "{kind}{name}");
                if kind != "slice:" {
                    assert_eq!(shares.iter().map(|share| share.holds(name, &[name])).collect::<Vec<_>>(), holding);
                }
            }
        }
        assert!("slice:1/2".parse::<Partition>().unwrap().holds("05-manage", &names));
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in ["", "1", "0/2", "3/2", "1/0", "a/b", "size:1/2", "1/2/3"] {
            assert!(text.parse::<Partition>().is_err(), "{text}");
        }
    }
}
