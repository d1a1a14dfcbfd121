#[allow(clippy::manual_async_fn, clippy::async_yields_async)]
fn serve() -> impl ::core::future::Future<Output = ::tallied::__private::Never> {
    let (__span, __site) = {
        fn __tallied_path() -> &'static ::core::primitive::str {
            ::tallied::__private::type_name_of(__tallied_path)
        }
        #[allow(long_running_const_eval)]
        const __TALLIED_LABELS: &[::tallied::__private::Dimension] = &[
            ::tallied::__private::Dimension::path(
                "function",
                ::core::module_path!(),
                __tallied_path,
            ),
        ];
        const __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::new(
                __TALLIED_LABELS,
                ::core::file!(),
                ::core::line!(),
            )
            .counter(
                "my_shop_function_calls_total",
                "Calls by function and status.",
                &[0usize],
                true,
            )
            .at_most(false, true)
            .watching(::core::option_env!("TALLIED_SERIES_BUDGET"));
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<66> = ::tallied::__private::Site::new(
            &__TALLIED_SITE_SAYS,
            &[],
            &__TALLIED_CELLS,
            &__TALLIED_SITE,
        );
        ::tallied::__private::listed!(
            __TALLIED_SITE,
            "\u{1}my_shop_function_calls_total\0\0Calls by function and status.\0function\0status\0\0\0\0\u{3}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{3}\0\0\0\0\0\0\0"
        );
        static __TALLIED_SPAN: ::tallied::__private::SpanSite = ::tallied::__private::SpanSite::new(
            &__TALLIED_SPAN,
            (
                "serve",
                ::core::module_path!(),
                ::tallied::__private::tracing::Level::INFO,
            ),
            (::core::file!(), ::core::line!(), ::core::module_path!()),
            &["function"],
            (__TALLIED_LABELS, &[]),
        );
        (
            || ::core::option::Option::Some((
                &__TALLIED_SPAN,
                ::tallied::__private::tracing::Level::INFO,
            )),
            &__TALLIED_SITE,
        )
    };
    ::tallied::__private::Observed::new(
        __site,
        0,
        __span,
        async move {
            {
                const _: () = ();
                loop {
                    accept().await
                }
            }
        },
        |__out: &::tallied::__private::Never| ::tallied::__private::returned::<
            ::tallied::__private::Status,
            _,
        >(__out),
    )
}
