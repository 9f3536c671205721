//! What the library promises, against servers on this machine and files that GDAL wrote.

#[path = "suite/client.rs"]
mod client;
#[path = "suite/credentials.rs"]
mod credentials;
#[path = "suite/deploy.rs"]
mod deploy;
#[path = "suite/downloads.rs"]
mod downloads;
#[path = "suite/execution.rs"]
mod execution;
#[path = "suite/faults.rs"]
mod faults;
#[path = "suite/futures.rs"]
mod futures;
#[path = "suite/items.rs"]
mod items;
#[path = "suite/jobs.rs"]
mod jobs;
#[path = "suite/lossless.rs"]
mod lossless;
#[path = "suite/object.rs"]
mod object;
#[path = "suite/paging.rs"]
mod paging;
#[path = "suite/pictures.rs"]
mod pictures;
#[path = "suite/raster.rs"]
mod raster;
#[path = "suite/raster_corpus.rs"]
mod raster_corpus;
#[path = "suite/raster_reads.rs"]
mod raster_reads;
#[path = "suite/results.rs"]
mod results;
#[path = "suite/retries.rs"]
mod retries;
#[path = "suite/s3.rs"]
mod s3;
#[path = "suite/server.rs"]
mod server;
#[path = "suite/validation.rs"]
mod validation;
#[path = "suite/wait.rs"]
mod wait;
