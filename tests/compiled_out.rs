//! Without the feature `metrics` code that is instrumented compiles and works, and nothing is counted.

use tallied::observed;

#[observed(task_name, histogram, in_flight)]
fn halve(n: u32) -> Result<u32, String> {
    if n % 2 == 0 { Ok(n / 2) } else { Err(format!("{n} is odd")) }
}

#[observed(counter = "waits_total", histogram = "wait_seconds", buckets = [0.5])]
async fn wait(n: u32) -> u32 {
    std::future::ready(n).await
}

#[tokio::test]
async fn observed_functions_work_with_and_without_metrics() {
    assert_eq!(halve(4), Ok(2));
    assert_eq!(halve(3), Err("3 is odd".into()));
    assert_eq!(wait(3).await, 3);
    let text = tallied::gather_metrics();
    assert_eq!(text.is_empty(), !cfg!(feature = "metrics"), "{text}");
    let mut out = Vec::new();
    tallied::encode(tallied::Format::Text, &mut out);
    assert_eq!(out.is_empty(), !cfg!(feature = "metrics"));
}

#[test]
fn without_metrics_neither_prometheus_nor_once_cell_is_in_the_tree() {
    let tree = |features: &[&str]| {
        let output = std::process::Command::new(env!("CARGO"))
            .args(["tree", "--package", "tallied", "--edges", "normal", "--prefix", "none"])
            .args(features)
            .current_dir(tallied_tests::judges::workspace())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let has = |tree: &str, name: &str| tree.lines().any(|line| line.split(' ').next() == Some(name));
    let with = tree(&[]);
    assert!(has(&with, "prometheus") && has(&with, "once_cell"));
    let without = tree(&["--no-default-features"]);
    assert!(has(&without, "tracing") && !has(&without, "prometheus") && !has(&without, "once_cell"), "{without}");
}
