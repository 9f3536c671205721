//! The kernel goes when Jupyter goes, also when nobody has asked it to.

use std::time::Duration;

use rustix::process::getppid;

/// How often the kernel looks whether whoever started it is still there.
const LOOK: Duration = Duration::from_millis(500);

/// Returns when the process that has started this one is gone.
pub(crate) async fn orphaned() {
    let parent = getppid();
    while getppid() == parent {
        tokio::time::sleep(LOOK).await;
    }
}
