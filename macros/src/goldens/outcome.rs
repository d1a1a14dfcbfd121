#[observed(status = TaskStatus, after(hit = |page| page.is_there(), code(max = 8) = |page: &Found<Page>| code(page)), labels(tenant(max = TENANTS), cache(flatten)), counter = "reads_total")]
fn read(tenant: String, cache: Cache<'_>) -> Found<Page> {
    cache.page(tenant)
}
