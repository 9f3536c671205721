//! Run Earth-observation processes from a Rust notebook: submit a job to an OGC API - Processes server, watch
//! it, and look at its results.
//!
//! The library follows the steps of a tutorial: [`Client`] → [`Execution`] → [`Job`] → [`Wait`] →
//! [`Results`] → [`ItemCollection`] → [`Store`] and [`Raster`].
//!
//! ```no_run
//! use std::time::Duration;
//! use eoap::{Client, Execution, Raster, Store};
//!
//! # async fn run() -> Result<(), eoap::Error> {
//! let client = Client::new("http://zoo-project-dru-service/acme/ogc-api")?;
//! let execution = Execution::new()
//!     .input("aoi", "-121.399,39.834,-120.74,40.472")
//!     .input("epsg", "EPSG:4326")
//!     .input("bands", ["green", "nir08"]);
//! let job = client.execute("water-bodies", &execution).await?;
//! job.wait().every(Duration::from_secs(10)).on_status(|s| println!("Job status: {}", s.status)).await?;
//!
//! let items = job.results().await?.item_collection("stac_catalog")?;
//! let asset = &items[0].assets["data"];
//! let raster = Raster::open(asset).await?;
//! println!("{}", raster.profile());
//! println!("{}", raster.statistics(1024).await?);
//! println!("{}", Store::for_asset(asset)?.list("s3://results/").await?);
//! # Ok(())
//! # }
//! ```
//!
//! # The standard
//!
//! | operation | method |
//! |---|---|
//! | landing page, conformance, API definition | [`landing_page`](Client::landing_page), [`conformance`](Client::conformance), [`api`](Client::api) |
//! | list and describe processes | [`processes`](Client::processes), [`process`](Client::process), and [`Process::validate`] before executing |
//! | execute | [`execute`](Client::execute) (a job), [`execute_sync`](Client::execute_sync) (results), [`submit`](Client::submit) (either) |
//! | jobs | [`jobs`](Client::jobs), [`Job::status`], [`Job::wait`], [`Job::logs`], [`Job::dismiss`] |
//! | results | [`Job::results`], [`Job::results_of`], [`Job::output`], [`Output::fetch`] |
//! | deploy, replace, undeploy (Part 2) | [`deploy`](Client::deploy), [`replace`](Client::replace), [`undeploy`](Client::undeploy), [`package`](Client::package) |
//!
//! # Notebooks
//!
//! Values that a person looks at have a method `evcxr_display`. As the last expression of a cell they show
//! as a table or an image, and always as text, too. All types own their data, so a variable lives from cell
//! to cell. The library is also built as a dynamic one, so that all cells share one asynchronous runtime.
//!
//! Methods return boxed futures ([`BoxFuture`](futures_util::future::BoxFuture), which is `Send`). Their
//! code is compiled once, with this library. An `async fn` would be compiled again in each cell that awaits
//! it, and took most of such a cell's time.
//!
//! One habit of evcxr is worth knowing. In the *first* cell of a notebook with `.await` in its last
//! expression, the value is shown as `Debug` prints it. evcxr compiles that cell again as an asynchronous
//! one, and then no longer knows how to show the value. Bind the value to a name first (`let list =
//! client.processes().await?;`, then `list`), and it is shown as a table.
//!
//! # Environment
//!
//! | variable | meaning |
//! |---|---|
//! | `http_proxy`, `https_proxy`, `no_proxy` | proxies, for the server and for S3 |
//! | `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, … | S3 settings, see [`Store`] |
//! | `EOAP_POLL_INTERVAL` | interval of every [`Wait`], such as `5ms`; for demonstrations and tests |
//!
//! # Rasters
//!
//! [`Raster`] opens GeoTIFFs on S3, on HTTP servers (those that support `Range`), on disk or in memory, and
//! fetches only the parts that are needed:
//!
//! ```no_run
//! use eoap::{Bounds, Crs, Raster, Resampling, raster::{PixelGrid, Polygons}};
//!
//! # async fn run() -> Result<(), eoap::Error> {
//! let raster = Raster::open_file("otsu.tif").await?;
//! let water = raster.read::<u8>().band(1).await?;                               // an ndarray of rows and columns
//! let place = Bounds::new(-121.2, 39.9, -121.0, 40.0);
//! let part = raster.read::<u8>().band(1).bounds_in(place, Crs::wgs84()).await?; // the pixels there
//! let small = raster.read::<f32>().shape(300, 400).resampling(Resampling::Average).await?; // from an overview, if there is one
//! let valid = raster.read_mask().await?;
//! let other = Raster::open_file("another.tif").await?;
//! let there = other.read::<f32>().on_grid(PixelGrid::of(&raster)?).resampling(Resampling::Bilinear).await?; // on the same pixels
//! let lake = Polygons::ring([(-121.2, 39.9), (-121.0, 39.9), (-121.1, 40.1)], Crs::wgs84());
//! let inside = raster.read::<f64>().band(1).inside(lake).quantities().await?; // scaled; not-a-number outside
//! let (row, column) = raster.transform().index(650_000.0, 4_450_000.0).expect("a georeference");
//! println!("{:?} {}", water.dim(), water[[row as usize, column as usize]]);
//! # Ok(())
//! # }
//! ```
//!
//! | what | how |
//! |---|---|
//! | pixels | [`Raster::read`], with [`band`](Read::band), [`window`](Read::window), [`bounds_in`](Read::bounds_in), [`shape`](Read::shape), [`resampling`](Read::resampling) |
//! | pixels in another shape | [`Resampling`]: nearest, average, bilinear, cubic, spline, Lanczos, equal to GDAL's to the last digit |
//! | pixels on another grid | [`Read::on_grid`], in any reference system, as rasterio's `WarpedVRT` |
//! | pixels of an area | [`Read::inside`], as rasterio's `mask` |
//! | quantities | [`Read::quantities`]: scale and offset applied, gaps not-a-number |
//! | validity | [`Raster::read_mask`] |
//! | values at places | [`Raster::sample`] |
//! | writing | [`Cog`](raster::Cog): an array as a Cloud Optimized GeoTIFF |
//! | files beside it | [`Raster::with_side_files`] |
//! | what it is | [`Raster::profile`], [`transform`](Raster::transform), [`crs`](Raster::crs), [`tags`](Raster::tags), [`overviews`](Raster::overviews), [`palette`](Raster::palette) |
//! | without a transformation | [`Raster::ground_control_points`], [`rational_polynomials`](Raster::rational_polynomials) |
//! | where it is | [`Raster::bounds`], [`bounds_wgs84`](Raster::bounds_wgs84), [`footprint`](Raster::footprint), [`Crs::transform`] |
//! | figures | [`Raster::statistics`], as rio-stac computes them; [`Raster::recorded_statistics`], those that GDAL has written down; [`check_asset`]: does the file say what its STAC item says? |
//!
//! What is read equals what rasterio reads, pixel by pixel; the exceptions are said here. Colours of inks
//! (CMYK) and of differences (YCbCr) become red, green and blue as in GDAL. JPEG's colours may differ a
//! little from GDAL's (2 in values as stored, more at edges where chroma has half the size). Averages of
//! colour numbers are refused, and so is all interpolation, where GDAL averages the colours. Definitions
//! of reference systems are those of `crs-definitions` in GDAL's spelling: 4773 of 5506 codes read word
//! for word as GDAL 3.10 writes them, the others have older names, and no newer edition is published as a
//! crate. Statistics are computed of floats of 64 bits, as numpy does it; smallest and largest of 64-bit
//! integers are exact nevertheless. Coordinates are transformed without the grids that PROJ may have
//! installed, which matters for old datums.
//!
//! # Pictures
//!
//! | what | how |
//! |---|---|
//! | footprints, areas and rasters on a map | [`ItemCollection::map`], [`Map`] |
//! | a raster | [`Raster::preview`], with [`colours`](Preview::colours) and [`range`](Preview::range) |
//! | a window, or an array | [`Preview::of_band`], [`Preview::of_bands`]; [`Preview::png`] |
//! | how values are distributed | [`BandStatistics::picture`], [`Histogram::picture`] |
//! | what a job did when | [`Wait::timeline`], [`Timeline`] |
//!
//! All look alike, have light and dark themes, need no network, and have a text with the same content:
//! `println!("{}", map.picture())`. As SVG they can be [saved](Picture::save).
//!
//! [`ItemCollection::download`] (or [`Download`], for one asset) and [`ItemCollection::save`] keep results
//! on disk.
//!
//! # Features
//!
//! `raster`, a default feature, is [`Raster`] and everything around it, pictures included. Without it a
//! program or notebook builds 23 crates less, and this one in less than half the time: `eoap = { …,
//! default-features = false }`.
//!
//! `gcp` and `azure` are stores of Google Cloud (`gs://bucket/key`) and of Azure (`az://container/key`). They
//! take no further crate, and are off by default; see [`Store`] for their settings.
//!
//! `libzstd` unpacks Zstandard in rasters with the C library, in a fifth of the time or less. It is off by
//! default, because the library takes 40 s to build.
//!
//! # What it does not do
//!
//! No writing to S3; no LERC (what there is of it for Rust wraps a library in C++), JPEG XL, CIE L*a*b*
//! or complex numbers in rasters, and no CMYK whose bands lie apart: what cannot be read says so in its
//! error. Of the files that GDAL keeps beside a raster, overviews, masks and recorded statistics are read
//! ([`Raster::with_side_files`]), other metadata of `.aux.xml` are not.

#[cfg_attr(not(feature = "raster"), allow(dead_code, reason = "what only rasters need"))]
mod draw;
mod error;
mod http;

pub mod blocking;
mod display;
pub mod items;
pub mod json;
pub mod ogc;
pub mod picture;
#[cfg(feature = "raster")]
pub mod raster;
pub mod storage;

// The paved path: what a tutorial needs.
pub use error::{Error, Result};
pub use items::ItemCollection;
pub use ogc::{
    Client, Execution, Input, Job, JobList, Output, Package, Prefer, ProblemKind, Process, ProcessList, Results, Status,
    StatusInfo, Wait,
};
pub use picture::{ColourMap, Map, Timeline};
#[cfg(feature = "raster")]
pub use raster::{Bounds, Crs, Raster, Resampling, Window, check_asset};
pub use storage::Store;

// The rooms' other names, also available at this path.
#[doc(hidden)]
pub use {
    items::{Download, DownloadItems, Progress},
    ogc::{
        ApiDefinition, ClientBuilder, Conformance, Datetime, Deploy, Deployed, Fetched, GetPackage, InputDescription,
        LandingPage, Link, LinkPolicy, ListJobs, ListProcesses, MaxOccurs, OneOrMore, OutputDescription, OutputFormat, Paged,
        Problem, ProcessSummary, Qualified, Response, Retry, Submitted, Subscriber, Token,
    },
    picture::Picture,
    storage::{Entry, Listing, StoreBuilder},
};

#[cfg(feature = "raster")]
#[doc(hidden)]
pub use raster::{
    Affine, AssetReport, BandStatistics, DataType, Finding, Histogram, Preview, Profile, Read, ReadMask, Sample, SamplePoints,
    Statistics,
};

/// The crate that times of statuses can be read with.
pub use chrono;
/// The crate with the arrays that pixels are read into.
#[cfg(feature = "raster")]
pub use ndarray;
/// The crate that stores of objects are of.
pub use object_store;
/// The crate for the JSON of inputs, outputs and descriptions.
pub use serde_json;
/// The crate with the types of items and assets.
pub use stac;

/// The recipes of the guide, which are compiled as the examples of this library are.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/src/cookbook.md")]
mod cookbook {}
