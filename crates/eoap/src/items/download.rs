//! Downloads assets to local files: from S3, HTTP servers, or other files.
//!
//! [`Download`] streams one asset to a file, which appears when it is complete. [`DownloadItems`] does this
//! with the assets of items, and returns the items with the files' paths. Both report progress and print
//! nothing. `progress` decides what is printed, and how often.

use std::{
    fmt,
    future::{Future, IntoFuture},
    path::{Path, PathBuf},
    pin::Pin,
};

use stac::Asset;

use crate::{
    error::{Error, Result},
    items::{
        collection::ItemCollection,
        progress::{Lines, Progress},
    },
};

mod file_name;
mod transfer;

use file_name::{checked_name, file_name, folder_name};
use transfer::fetch;

type OnProgress = Box<dyn FnMut(&Progress) + Send>;

/// The download of one asset, from [`Download::of`]: change settings, then `.await` the path of the file.
///
/// The file is in the folder, named after the last part of the asset's address. It appears when it is
/// complete. A download that fails or is stopped leaves nothing. An existing file is replaced at the end. An
/// interrupted transfer from S3 or an HTTP server is resumed, if the server supports that and still has the
/// same file.
///
/// ```no_run
/// # async fn run(items: eoap::ItemCollection) -> Result<(), eoap::Error> {
/// let path = eoap::Download::of(&items[0].assets["data"]).folder("results").show_progress().await?;
/// println!("{}", path.display());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched until `.await`"]
pub struct Download {
    asset: Asset,
    folder: PathBuf,
    name: Option<String>,
    on_progress: Option<OnProgress>,
}

impl ItemCollection {
    /// Downloads the items' assets into a folder. Change settings first, then `.await` the collection with
    /// the addresses of the local files.
    ///
    /// ```no_run
    /// # async fn run(items: eoap::ItemCollection) -> Result<(), eoap::Error> {
    /// let local = items.download("results").assets(["data"]).show_progress().await?;
    /// local.save("results/items.json")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn download(&self, folder: impl Into<PathBuf>) -> DownloadItems {
        self.download_to(folder.into())
    }

    fn download_to(&self, folder: PathBuf) -> DownloadItems {
        DownloadItems::new(self.clone(), folder)
    }
}

impl Download {
    /// The download of an asset: `s3://` with the settings of [`Store::for_asset`](crate::Store::for_asset),
    /// `http(s)://`, `file://` or a local path.
    pub fn of(asset: &Asset) -> Self {
        Self { asset: asset.clone(), folder: PathBuf::from("."), name: None, on_progress: None }
    }

    /// The folder of the file. The default is the current folder. It is created if it does not exist.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Name of the file, in place of the last part of the address.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    async fn run(mut self) -> Result<PathBuf> {
        let name = match &self.name {
            Some(name) => checked_name(name)?,
            None => file_name(&self.asset.href)?,
        };
        let path = self.folder.join(name);
        fetch(&self.asset, &path, (1, 1), &mut self.on_progress).await?;
        Ok(path)
    }
}

/// The download of items' assets, from [`ItemCollection::download`]. Change settings, then `.await` the
/// items with the addresses of the local files.
///
/// Each item has its own folder, named after it. The files are downloaded one after the other, each as
/// [`Download`] does it. A failure ends the download. Files that are complete by then stay.
#[must_use = "nothing is fetched until `.await`"]
pub struct DownloadItems {
    items: ItemCollection,
    folder: PathBuf,
    keys: Option<Vec<String>>,
    on_progress: Option<OnProgress>,
}

impl DownloadItems {
    pub(crate) fn new(items: ItemCollection, folder: PathBuf) -> Self {
        Self { items, folder, keys: None, on_progress: None }
    }

    /// Downloads only the assets with these keys. Items that have none of them are unchanged.
    pub fn assets<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    async fn run(mut self) -> Result<ItemCollection> {
        let folder = std::path::absolute(&self.folder)
            .map_err(|error| Error::File { path: self.folder.display().to_string(), reason: error.to_string() })?;
        let plan = self.plan(&folder)?;
        let count = plan.len();
        for (number, (item, key, path)) in plan.into_iter().enumerate() {
            let Some(asset) = self.items.items[item].assets.get_mut(&key) else { continue };
            fetch(asset, &path, (number + 1, count), &mut self.on_progress).await?;
            asset.href = path.display().to_string();
        }
        Ok(self.items)
    }

    /// The plan: index of the item, key of the asset, path of the file. All paths differ.
    fn plan(&self, folder: &Path) -> Result<Vec<(usize, String, PathBuf)>> {
        let mut plan: Vec<(usize, String, PathBuf)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let is_wanted = |key: &&String| self.keys.as_ref().is_none_or(|keys| keys.contains(key));
            for key in item.assets.keys().filter(is_wanted) {
                let folder = folder.join(folder_name(&item.id));
                let name = file_name(&item.assets[key].href)?;
                let mut path = folder.join(&name);
                let is_taken = |path: &Path| plan.iter().any(|(_, _, taken)| taken == path);
                if is_taken(&path) {
                    path = folder.join(format!("{}-{name}", folder_name(key)));
                }
                for number in 2.. {
                    if !is_taken(&path) {
                        break;
                    }
                    path = folder.join(format!("{}-{number}-{name}", folder_name(key)));
                }
                plan.push((index, key.clone(), path));
            }
        }
        Ok(plan)
    }
}

/// The methods that both downloads have: progress, and `.await`.
macro_rules! download {
    ($type:ty, $output:ty) => {
        impl $type {
            /// Is called when bytes have come, and when a file is whole.
            pub fn on_progress(mut self, on_progress: impl FnMut(&Progress) + Send + 'static) -> Self {
                self.on_progress = Some(Box::new(on_progress));
                self
            }

            /// Prints a line for each complete file, and ten on the way if it is large. The lines depend
            /// only on the sizes, not on the time.
            pub fn show_progress(self) -> Self {
                let mut lines = Lines::default();
                self.on_progress(move |progress| lines.show(progress))
            }
        }

        impl IntoFuture for $type {
            type Output = Result<$output>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).field("folder", &self.folder).finish_non_exhaustive()
            }
        }
    };
}

download!(Download, PathBuf);
download!(DownloadItems, ItemCollection);
