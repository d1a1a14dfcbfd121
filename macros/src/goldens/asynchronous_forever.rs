#[observed]
async fn serve() -> ! {
    loop {
        accept().await
    }
}
