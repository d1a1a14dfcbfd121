impl Cart {
    /// Loads it.
    #[observed]
    pub fn load(mut self, from: &Store) -> Result<Self, Error> {
        self.items = from.items()?;
        Ok(self)
    }
}
