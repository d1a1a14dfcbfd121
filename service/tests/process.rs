//! What the process says of itself.
#![cfg(all(feature = "process", target_os = "linux"))]
#![allow(clippy::float_cmp, clippy::cast_precision_loss)] // of whole numbers

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tallied::Snapshot;
use tallied_service::process::{expose, expose_runtime};

fn value(name: &str) -> f64 {
    Snapshot::take().value(name, &[]).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn the_process_is_what_proc_says() {
    expose();
    expose();
    let before = Snapshot::take();
    let files: Vec<_> = (0..10).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
    let memory = std::hint::black_box(vec![1u8; 64 << 20]);
    let end = Instant::now() + Duration::from_millis(200);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
    let now = Snapshot::take();
    let grown = |name: &str| now.value(name, &[]).unwrap() - before.value(name, &[]).unwrap();
    assert!(grown("process_cpu_seconds_total") >= 0.1, "{}", grown("process_cpu_seconds_total"));
    assert!(grown("process_resident_memory_bytes") > 32.0 * 1024.0 * 1024.0);
    // Other tests open and close some, too.
    assert!(grown("process_open_fds") >= 5.0, "{}", grown("process_open_fds"));
    assert!(value("process_max_fds") >= value("process_open_fds"));
    assert!(value("process_virtual_memory_bytes") > value("process_resident_memory_bytes"));
    assert!(value("process_threads") >= 1.0);
    let age = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64() - value("process_start_time_seconds");
    assert!((-2.0..300.0).contains(&age), "{age}");
    let text = tallied::gather_metrics();
    assert!(
        text.contains("# TYPE process_cpu_seconds_total counter\n") && text.contains("# TYPE process_open_fds gauge\n")
    );
    drop((files, memory));
}

#[test]
fn a_runtime_says_its_workers_and_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().unwrap();
    expose_runtime("three", runtime.handle()).unwrap();
    assert!(expose_runtime("three", runtime.handle()).is_err());
    let other = tokio::runtime::Builder::new_current_thread().build().unwrap();
    expose_runtime("one", other.handle()).unwrap();
    let tasks: Vec<_> = (0..7).map(|_| runtime.spawn(std::future::pending::<()>())).collect();
    let of = |name: &str, runtime| Snapshot::take().value(name, &[("runtime", runtime)]);
    assert_eq!([of("tokio_workers", "three"), of("tokio_workers", "one")], [Some(3.0), Some(1.0)]);
    assert_eq!(of("tokio_alive_tasks", "three"), Some(7.0));
    // Workers without work park soon.
    while of("tokio_workers_parks_total", "three") == Some(0.0) {
        runtime.block_on(runtime.spawn(async {})).unwrap();
    }
    assert!(of("tokio_workers_busy_seconds_total", "three").is_some());
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}
