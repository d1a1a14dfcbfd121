#[observed(counter = false, follows_from = causes, fields(attempt = ?self.attempt))]
async fn retry(&self, causes: Vec<Id>) {
    self.run().await
}
