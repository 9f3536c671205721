//! What the library promises, against servers on this machine and files that GDAL wrote.

mod client;
mod credentials;
mod deploy;
mod downloads;
mod execution;
mod faults;
mod foreign;
mod futures;
mod http_ranges;
mod items;
mod jobs;
mod lossless;
mod object;
mod paging;
mod pictures;
mod raster;
mod raster_corpus;
mod raster_reads;
mod raster_write;
mod results;
mod retries;
mod s3;
mod server;
mod validation;
mod wait;
mod zoo;
