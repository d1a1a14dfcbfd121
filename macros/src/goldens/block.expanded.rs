#[async_trait]
impl<T> Store for Cart<T> {
    type Key = u8;
    #[allow(clippy::manual_async_fn, clippy::async_yields_async)]
    async fn load(&self, key: u8) -> Found<T> {
        let (__span, __site) = {
            #[allow(long_running_const_eval)]
            const __TALLIED_LABELS: &[::tallied::__private::Dimension] = &[
                ::tallied::__private::Dimension::one("task_name", "load"),
            ];
            const __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::new(
                    __TALLIED_LABELS,
                    ::core::file!(),
                    ::core::line!(),
                )
                .counter(
                    "my_shop_task_calls_total",
                    "Calls by task_name and status.",
                    &[0usize],
                    true,
                )
                .at_most(true, true)
                .at_least(false, true)
                .watching(::core::option_env!("TALLIED_SERIES_BUDGET"));
            static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
            static __TALLIED_SITE: ::tallied::__private::Site<0> = ::tallied::__private::Site::new(
                &__TALLIED_SITE_SAYS,
                &[],
                &__TALLIED_CELLS,
                &__TALLIED_SITE,
            );
            ::tallied::__private::listed!(
                __TALLIED_SITE, __TALLIED_SITE_SAYS, 1
                "\u{1}my_shop_task_calls_total\0\0Calls by task_name and status.\0" 2 18
                * b"task_name\0status\0\0"
            );
            static __TALLIED_SPAN: ::tallied::__private::SpanSite = ::tallied::__private::SpanSite::new(
                &__TALLIED_SPAN,
                (
                    "load",
                    ::core::module_path!(),
                    ::tallied::__private::tracing::Level::INFO,
                ),
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                &["task_name"],
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
                    #[allow(
                        unreachable_code,
                        clippy::diverging_sub_expression,
                        clippy::empty_loop,
                        clippy::let_unit_value
                    )]
                    if false {
                        let __returned: Found<T> = loop {};
                        return __returned;
                    }
                    let _ = &self;
                    #[allow(clippy::shadow_same)]
                    let key = key;
                    {
                        const _: () = ();
                        self.items.get(key).await
                    }
                },
                |__out| {
                    use ::tallied::__private::ask::*;
                    (&&&&::tallied::__private::Ask::<
                        ::tallied::__private::Status,
                        _,
                    >::new(__out))
                        .tallied_told()
                },
            )
            .await
    }
    fn skipped(&self) {}
    fn closed(&self) {
        let (__span, __site) = {
            #[allow(long_running_const_eval)]
            const __TALLIED_LABELS: &[::tallied::__private::Dimension] = &[
                ::tallied::__private::Dimension::one("task_name", "closed"),
            ];
            const __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::new(
                    __TALLIED_LABELS,
                    ::core::file!(),
                    ::core::line!(),
                )
                .counter(
                    "my_shop_task_calls_total",
                    "Calls by task_name and status.",
                    &[0usize],
                    true,
                )
                .at_most(false, false)
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
                "\u{1}my_shop_task_calls_total\0\0Calls by task_name and status.\0task_name\0status\0\0\0\0\u{2}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{2}\0\0\0\0\0\0\0"
            );
            static __TALLIED_SPAN: ::tallied::__private::SpanSite = ::tallied::__private::SpanSite::new(
                &__TALLIED_SPAN,
                (
                    "closed",
                    ::core::module_path!(),
                    ::tallied::__private::tracing::Level::DEBUG,
                ),
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                &["task_name"],
                (__TALLIED_LABELS, &[]),
            );
            (
                || ::core::option::Option::Some((
                    &__TALLIED_SPAN,
                    ::tallied::__private::tracing::Level::DEBUG,
                )),
                &__TALLIED_SITE,
            )
        };
        ::tallied::__private::observe(
            __site,
            0,
            __span,
            move || -> () {
                let _ = &self;
                {
                    const _: () = ();
                }
            },
            |__out| ::tallied::__private::returned::<
                ::tallied::__private::Status,
                _,
            >(__out),
        )
    }
    const fn constant() {}
}
