//! Kernels at work: each has an inbox, a circuit breaker and a task that takes one message after the other. What goes from
//! kernel to kernel carries the context of its sender.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::Value;
use tallied_service::{Correlate as _, Correlation};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use crate::breaker::{Breaker, Policy, State};
use crate::kernel::{Failure, Kernel, execute};
use crate::memory::Pools;

/// How many messages wait for a kernel; one more is refused.
const INBOX: usize = 8;

/// In whose name a message is sent.
pub struct Context {
    /// The id that its lines have, and its trace.
    pub correlation: Correlation,
    /// The run that it leads to is within this span, and has its fields: the tenant of a request.
    pub span: Span,
}

impl Context {
    /// That of what runs here and now.
    pub fn current() -> Self {
        Context { correlation: Correlation::current().unwrap_or_else(Correlation::new), span: Span::current() }
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
    pub breaker: Arc<Breaker>,
    inbox: mpsc::Sender<Message>,
}

impl KernelHandle {
    /// Sends a message and waits for what the kernel makes of it. Dropped before that, it ends the run.
    pub async fn execute_with_context(&self, context: &Context, input: Value) -> Result<Value, Failure> {
        // The same id and trace; in the trace a span of its own.
        let context = Context { correlation: context.correlation.child(), span: context.span.clone() };
        let (reply, answer) = oneshot::channel();
        self.inbox.try_send(Message { context, input, reply }).map_err(|why| match why {
            TrySendError::Full(_) => Failure::Busy(self.id),
            TrySendError::Closed(_) => Failure::Stopped(self.id),
        })?;
        answer.await.map_err(|_| Failure::Stopped(self.id))?
    }
}

/// All kernels of the program.
pub struct Runtime {
    pub memory: Pools,
    policy: Policy,
    kernels: BTreeMap<&'static str, KernelHandle>,
}

impl Runtime {
    pub fn new(memory: Pools, policy: Policy) -> Self {
        Runtime { memory, policy, kernels: BTreeMap::new() }
    }

    /// Takes a kernel in. Its task ends with the last handle.
    pub fn register<K: Kernel>(&mut self, kernel: K) -> KernelHandle {
        let (inbox, mut messages) = mpsc::channel(INBOX);
        let handle = KernelHandle { id: K::ID, breaker: Breaker::new(K::ID, self.policy), inbox };
        self.kernels.insert(K::ID, handle.clone());
        let (kernel, breaker, memory) = (Arc::new(kernel), handle.breaker.clone(), self.memory.clone());
        tokio::spawn(async move {
            while let Some(Message { context: Context { correlation, span }, input, reply }) = messages.recv().await {
                // The lines that tell how it ended are the sender's, too.
                correlation.scope(run(&kernel, &breaker, &memory, span, input, reply)).await;
            }
        });
        handle
    }

    pub fn kernel(&self, id: &str) -> Option<&KernelHandle> {
        self.kernels.get(id)
    }

    pub fn kernels(&self) -> impl Iterator<Item = &KernelHandle> {
        self.kernels.values()
    }
}

/// Runs a kernel with a message, unless nobody waits for it any more or its breaker is open, and answers.
async fn run<K: Kernel>(
    kernel: &Arc<K>,
    breaker: &Breaker,
    memory: &Pools,
    sender: Span,
    input: Value,
    mut reply: oneshot::Sender<Result<Value, Failure>>,
) {
    if reply.is_closed() {
        return;
    }
    if breaker.state(Instant::now()) == State::Open {
        tracing::warn!(kernel_id = K::ID, domain = ?K::DOMAIN, "circuit breaker is open: message rejected");
        let _ = reply.send(Err(Failure::Rejected(K::ID)));
        return;
    }
    // In a task of its own: so a panic ends that, and not this.
    let mut running = tokio::spawn(execute(kernel.clone(), sender, input, memory.clone()).correlated());
    let ended = tokio::select! {
        ended = &mut running => ended,
        // Nobody waits for it any more.
        () = reply.closed() => {
            running.abort();
            running.await
        }
    };
    let done = match ended {
        Ok(done) => done,
        Err(end) if end.is_panic() => {
            tracing::error!(kernel_id = K::ID, domain = ?K::DOMAIN, "Kernel execution panicked");
            Err(Failure::Stopped(K::ID))
        }
        Err(_) => {
            tracing::warn!(kernel_id = K::ID, domain = ?K::DOMAIN, "Kernel execution cancelled");
            return;
        }
    };
    match &done {
        Ok(_) => breaker.succeeded(),
        Err(failure) if failure.is_own() => breaker.failed(Instant::now()),
        Err(_) => {}
    }
    // It may have gone away in the last moment.
    let _ = reply.send(done);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::metrics::Domain;

    struct Broken;

    #[tallied::observed(counter = false)]
    impl Kernel for Broken {
        const ID: &'static str = "test/broken";
        const DOMAIN: Domain = Domain::Statistics;
        type Input = u32;
        type Work = u32;

        fn validate(&self, _: &u32) -> Result<(), Failure> {
            Ok(())
        }

        fn prepare_input(&self, input: u32, _: &Pools) -> Result<u32, Failure> {
            Ok(input)
        }

        async fn gpu_execute(&self, work: &mut u32) -> Result<(), Failure> {
            *work = 100 / *work;
            Ok(())
        }

        async fn collect_output(&self, work: u32, _: &Pools) -> Result<Value, Failure> {
            Ok(json!(work))
        }
    }

    #[tokio::test]
    async fn a_kernel_that_panics_is_told_so_and_takes_the_next_message() {
        let policy = Policy { failures: 2, cool_down: Duration::from_secs(3600) };
        let mut runtime = Runtime::new(Pools::new(0, 0), policy);
        let kernel = runtime.register(Broken);
        let context = Context::current();
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
