//! Any bytes at all are a raster or an error: opened, described, read in every way that takes little memory;
//! no panic, no hang.

#![no_main]

use std::sync::LazyLock;

use eoap::{Raster, Resampling, Window};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().max_blocking_threads(2).build().expect("a runtime"));

/// More than this many bytes are not read at once, so that time goes into many inputs rather than large ones.
const MAX_BYTES: u64 = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    RUNTIME.block_on(async {
        let Ok(raster) = Raster::open_bytes(bytes.to_vec()).await else { return };
        let _ = raster.profile().to_string();
        let _ = (raster.footprint().is_ok(), raster.tags().len(), raster.overviews().await.is_ok());
        let _ = raster.read::<f64>().max_bytes(MAX_BYTES).await;
        let _ = raster.read::<u8>().band(1).max_bytes(MAX_BYTES).await;
        let window = Window::new(raster.width() / 2, raster.height() / 2, 40, 40);
        let _ = raster.read::<f64>().window(window).shape(9, 7).max_bytes(MAX_BYTES).await;
        let _ = raster.read::<f64>().shape(5, 3).max_bytes(MAX_BYTES).await;
        // An average reads every pixel of the part; a small part will do.
        let _ = raster.read::<f32>().window(window).shape(3, 5).resampling(Resampling::Average).max_bytes(MAX_BYTES).await;
        let _ = raster.read_mask().shape(4, 4).await;
        let _ = raster.statistics(8).await;
        let _ = raster.preview(8).await;
    });
});
