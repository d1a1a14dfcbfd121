//! Kernels at work: each has an inbox, a circuit breaker and a task that takes one message after the other. What goes from
//! kernel to kernel carries the context of its sender.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tallied_service::{Correlation, TraceContext};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::breaker::{Breaker, Policy, State};
use crate::kernel::{Failure, Kernel, execute};
use crate::memory::Pools;

/// How many messages wait for a kernel; who sends one more waits as well.
const INBOX: usize = 64;

/// In whose name something runs.
#[derive(Clone)]
pub struct Context {
    pub tenant_id: Option<String>,
    pub correlation: Correlation,
    /// The span that the run of a kernel is in.
    pub span: Span,
}

impl Context {
    /// That of what runs here and now, for a tenant.
    pub fn of(tenant_id: Option<String>, correlation: Correlation) -> Self {
        Context { tenant_id, correlation, span: Span::current() }
    }

    /// That of whoever is called from here: the same tenant, id and trace; in the trace a span of its own.
    fn child(&self) -> Self {
        let correlation = self.correlation.clone();
        let correlation = match self.correlation.trace().map(TraceContext::child) {
            Some(trace) => correlation.with_trace(trace),
            None => correlation,
        };
        Context::of(self.tenant_id.clone(), correlation)
    }
}

struct Message {
    context: Context,
    input: Value,
    reply: oneshot::Sender<Result<Value, Failure>>,
}

/// Where messages for a kernel go. Cheap to clone.
#[derive(Clone)]
pub struct KernelHandle {
    pub id: &'static str,
    inbox: mpsc::Sender<Message>,
}

impl KernelHandle {
    /// Sends a message and waits for what the kernel makes of it. Dropped before that, it ends the run.
    pub async fn execute_with_context(&self, context: &Context, input: Value) -> Result<Value, Failure> {
        let (reply, answer) = oneshot::channel();
        let message = Message { context: context.child(), input, reply };
        self.inbox.send(message).await.map_err(|_| Failure::Stopped(self.id))?;
        answer.await.map_err(|_| Failure::Stopped(self.id))?
    }
}

/// All kernels of the program.
pub struct Runtime {
    pub memory: Pools,
    policy: Policy,
    kernels: BTreeMap<&'static str, KernelHandle>,
    breakers: Vec<Arc<Breaker>>,
}

impl Runtime {
    pub fn new(memory: Pools, policy: Policy) -> Self {
        Runtime { memory, policy, kernels: BTreeMap::new(), breakers: Vec::new() }
    }

    /// Takes a kernel in. Its task ends with the last handle.
    pub fn register<K: Kernel>(&mut self, kernel: K) -> KernelHandle {
        let (inbox, messages) = mpsc::channel(INBOX);
        let breaker = Breaker::new(K::ID, self.policy);
        self.breakers.push(breaker.clone());
        tokio::spawn(work(Arc::new(kernel), breaker, self.memory.clone(), messages));
        let handle = KernelHandle { id: K::ID, inbox };
        self.kernels.insert(K::ID, handle.clone());
        handle
    }

    pub fn kernel(&self, id: &str) -> Option<&KernelHandle> {
        self.kernels.get(id)
    }

    /// Each breaker's kernel, and its state now.
    pub fn breakers(&self) -> impl Iterator<Item = (&'static str, State)> {
        self.breakers.iter().map(|breaker| (breaker.of, breaker.state(Instant::now())))
    }
}

async fn work<K: Kernel>(kernel: Arc<K>, breaker: Arc<Breaker>, memory: Pools, mut messages: mpsc::Receiver<Message>) {
    while let Some(Message { context, input, mut reply }) = messages.recv().await {
        if reply.is_closed() {
            continue;
        }
        let correlation = context.correlation.clone();
        if breaker.state(Instant::now()) == State::Open {
            correlation.scope_sync(|| {
                tracing::warn!(kernel_id = K::ID, domain = ?K::DOMAIN, "circuit breaker is open: message rejected");
            });
            let _ = reply.send(Err(Failure::Rejected(K::ID)));
            continue;
        }
        // In a task of its own: so a panic ends that, and not this.
        let run = execute(kernel.clone(), context, input, memory.clone());
        let mut run = tokio::spawn(correlation.clone().scope(run));
        let done = tokio::select! {
            done = &mut run => done,
            () = reply.closed() => {
                run.abort();
                run.await
            }
        };
        correlation.scope_sync(|| match done {
            Ok(done) => {
                match &done {
                    Ok(_) => breaker.succeeded(),
                    Err(failure) if failure.is_own() => breaker.failed(Instant::now()),
                    Err(_) => {}
                }
                // It may have gone away in the last moment.
                let _ = reply.send(done);
            }
            Err(end) if end.is_panic() => {
                breaker.failed(Instant::now());
                tracing::error!(kernel_id = K::ID, domain = ?K::DOMAIN, "Kernel execution panicked");
                let _ = reply.send(Err(Failure::Stopped(K::ID)));
            }
            Err(_) => tracing::warn!(kernel_id = K::ID, domain = ?K::DOMAIN, "Kernel execution cancelled"),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::metrics::Domain;

    struct Broken;

    #[tallied::instrument(skip_all)]
    impl Kernel for Broken {
        const ID: &'static str = "test/broken";
        const DOMAIN: Domain = Domain::Statistics;
        type Input = u32;
        type Prepared = u32;
        type Computed = u32;
        type Output = u32;

        fn validate(&self, _: &u32) -> Result<(), Failure> {
            Ok(())
        }

        fn prepare_input(&self, input: u32, _: &Pools) -> Result<u32, Failure> {
            Ok(input)
        }

        async fn gpu_execute(&self, prepared: u32) -> Result<u32, Failure> {
            Ok(100 / prepared)
        }

        async fn collect_output(&self, computed: u32, _: &Pools, _: &Context) -> Result<u32, Failure> {
            Ok(computed)
        }
    }

    #[tokio::test]
    async fn a_kernel_that_panics_is_told_so_and_takes_the_next_message() {
        let policy = Policy { failures: 2, cool_down: Duration::from_secs(3600) };
        let mut runtime = Runtime::new(Pools::new(0, 0), policy);
        let kernel = runtime.register(Broken);
        let context = Context::of(None, Correlation::new());
        let ended = kernel.execute_with_context(&context, json!(0)).await;
        assert!(matches!(ended, Err(Failure::Stopped("test/broken"))), "{ended:?}");
        assert!(matches!(kernel.execute_with_context(&context, json!(4)).await, Ok(output) if output == 25));
        let count = |status| {
            let labels = [("kernel", "test/broken"), ("domain", "Statistics"), ("status", status)];
            tallied::testing::value("rustkernel_executions_total", &labels)
        };
        let once = cfg!(feature = "metrics").then_some(1.0);
        assert_eq!((count("panicked"), count("ok")), (once, once));
        // It is the kernel's own failure.
        for _ in 0..2 {
            let _ = kernel.execute_with_context(&context, json!(0)).await;
        }
        let rejected = kernel.execute_with_context(&context, json!(4)).await;
        assert!(matches!(rejected, Err(Failure::Rejected("test/broken"))), "{rejected:?}");
    }
}
