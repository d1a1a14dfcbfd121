#[observed(task_name)]
#[async_trait]
impl<T> Store for Cart<T> {
    type Key = u8;

    async fn load(&self, key: u8) -> Found<T> {
        self.items.get(key).await
    }

    #[observed(skip)]
    fn skipped(&self) {}

    #[observed(level = "debug")]
    fn closed(&self) {}

    const fn constant() {}
}
