#[observed(args, skip(token), fields(size = body.len(), id = %job.id, late), parent = &job.span, err, ret)]
fn store(job: &Job, (left, _): (u8, u8), body: Vec<u8>, token: Token) -> Result<usize, Error> {
    Ok(body.len())
}
