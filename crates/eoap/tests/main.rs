//! What the library promises, against servers on this machine and files that GDAL wrote.

#[path = "suite/client.rs"]
mod client;
#[path = "suite/credentials.rs"]
mod credentials;
#[path = "suite/faults.rs"]
mod faults;
#[path = "suite/items.rs"]
mod items;
#[path = "suite/object.rs"]
mod object;
#[path = "suite/raster.rs"]
mod raster;
#[path = "suite/retries.rs"]
mod retries;
#[path = "suite/s3.rs"]
mod s3;
#[path = "suite/server.rs"]
mod server;
#[path = "suite/wait.rs"]
mod wait;
