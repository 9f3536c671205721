//! Fetches assets to local files: from S3, HTTP servers, or other files.
//!
//! [`Download`] streams one asset into a file that appears when it is whole; [`DownloadItems`] does so with
//! the assets of items, and gives the items back with the files' paths. Both tell how far they are and print
//! nothing: what is shown of it, and how often, is decided in `progress`.

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
        ItemCollection,
        progress::{Lines, Progress},
    },
};

mod file_name;
mod transfer;

use file_name::{checked_name, file_name, folder_name};
use transfer::fetch;

type OnProgress = Box<dyn FnMut(&Progress) + Send>;

/// The download of one asset, from [`Download::of`]: set what is to be set, then `.await` for the path of the
/// file.
///
/// The file lies in the folder under the last part of the asset's address. It appears when it is whole: a
/// download that fails or is stopped leaves nothing, and a file that was there before is replaced at the end.
/// What S3 or an HTTP server breaks off goes on from where it was, if the server can do that and still has
/// the same file.
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
    /// Downloads the items' assets into a folder: settings first, then `.await` for the collection with the
    /// addresses of the local files.
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

    /// Where the file will lie; the current folder, unless it is set. It is made if it does not exist.
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

/// The download of items' assets, from [`ItemCollection::download`]: set what is to be set, then `.await` for
/// the items as they are now, with the addresses of the local files.
///
/// Each item has a folder of its own, named after it. The files are fetched one after the other, each as
/// [`Download`] does it; a failure ends the whole, and the files that are whole by then stay.
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

    /// Fetches the assets with these keys only. Items that have none of them are left as they are.
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

    /// Which asset goes where: index of the item, key of the asset, path of the file. No two go to the same
    /// place.
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

/// What both downloads have: tell how far they are, and can be awaited.
macro_rules! download {
    ($type:ty, $output:ty) => {
        impl $type {
            /// Is called when bytes have come, and when a file is whole.
            pub fn on_progress(mut self, on_progress: impl FnMut(&Progress) + Send + 'static) -> Self {
                self.on_progress = Some(Box::new(on_progress));
                self
            }

            /// Prints a line for each file when it is whole, and ten on the way if it is large. Which lines
            /// depends on the sizes only, not on the time that it takes.
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
