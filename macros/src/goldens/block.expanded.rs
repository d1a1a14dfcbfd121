#[async_trait]
impl<T> Store for Cart<T> {
    type Key = u8;
    #[allow(clippy::manual_async_fn, clippy::async_yields_async)]
    async fn load(&self, key: u8) -> Found<T> {
        let __site = {
            #[allow(long_running_const_eval)]
            static __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::of_calls(
                    &[::tallied::__private::Dimension::one("task_name", "load")],
                    &[
                        ::tallied::__private::Family::counter(
                            "my_shop_task_calls_total",
                            "Calls by task_name and status.",
                            1,
                            true,
                        ),
                    ],
                    (::core::file!(), ::core::line!(), ::core::module_path!()),
                    (true, true),
                    ("load", 3, true),
                )
                .at_least(false, true);
            static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
            static __TALLIED_SITE: ::tallied::__private::Site<0> = ::tallied::__private::Site::new(
                __TALLIED_SITE_SAYS,
                &__TALLIED_CELLS,
                &__TALLIED_SITE,
            );
            ::tallied::__private::listed!(
                __TALLIED_SITE, __TALLIED_SITE_SAYS, 1
                "\u{1}my_shop_task_calls_total\0\0Calls by task_name and status.\0" 2 18
                * b"task_name\0status\0\0"
            );
            let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
            &__TALLIED_SITE
        };
        ::tallied::__private::Observed::new(
                __site,
                0,
                ::tallied::__private::At::<3>,
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
        let __site = {
            static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
            static __TALLIED_SITE: ::tallied::__private::Site<66> = ::tallied::__private::Site::new(
                ::tallied::__private::Definition::of_calls(
                    &[::tallied::__private::Dimension::one("task_name", "closed")],
                    &[
                        ::tallied::__private::Family::counter(
                            "my_shop_task_calls_total",
                            "Calls by task_name and status.",
                            1,
                            true,
                        ),
                    ],
                    (::core::file!(), ::core::line!(), ::core::module_path!()),
                    (false, false),
                    ("closed", 4, true),
                ),
                &__TALLIED_CELLS,
                &__TALLIED_SITE,
            );
            ::tallied::__private::listed!(
                __TALLIED_SITE,
                "\u{1}my_shop_task_calls_total\0\0Calls by task_name and status.\0task_name\0status\0\0\0\0\u{2}\0\0\0\0\0\0\0\u{1}\0\0\0\0\0\0\0\u{2}\0\0\0\0\0\0\0closed\0"
            );
            let _ = ::core::option_env!("TALLIED_SERIES_BUDGET");
            &__TALLIED_SITE
        };
        ::tallied::__private::observe(
            __site,
            0,
            ::tallied::__private::At::<4>,
            move || -> () {
                let _ = &self;
                {
                    const _: () = ();
                }
            },
            ::tallied::__private::returned::<::tallied::__private::Status, _>,
        )
    }
    const fn constant() {}
}
