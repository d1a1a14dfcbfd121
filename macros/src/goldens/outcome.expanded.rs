fn read(tenant: String, cache: Cache<'_>) -> Found<Page> {
    let __site = {
        #[allow(long_running_const_eval)]
        static __TALLIED_SITE_SAYS: ::tallied::__private::Definition = ::tallied::__private::Definition::of_calls(
                &[
                    ::tallied::__private::Dimension::open("tenant", const { TENANTS }),
                    ::tallied::__private::Dimension::set(
                        "cache",
                        <Cache<'_> as ::tallied::__private::LabelSet>::LABELS,
                    ),
                    ::tallied::__private::Dimension::of(
                            "hit",
                            {
                                #[allow(unused, clippy::all, clippy::pedantic)]
                                fn __tallied_label() -> impl ::tallied::__private::Label {
                                    ::tallied::__private::after(
                                        ::tallied::__private::never_ref::<Found<Page>>(),
                                        |page| page.is_there(),
                                    )
                                }
                                ::tallied::__private::values_of(__tallied_label)
                            },
                        )
                        .after(),
                    ::tallied::__private::Dimension::open("code", const { 8 }).after(),
                ],
                &[
                    ::tallied::__private::Family::counter(
                        "reads_total",
                        "Calls by tenant, the labels of cache, hit, code and status.",
                        4,
                        true,
                    ),
                ],
                (::core::file!(), ::core::line!(), ::core::module_path!()),
                (true, false),
                ("read", 3, true),
            )
            .words((&<TaskStatus as ::tallied::__private::Outcome>::WORDS).checked())
            .at_least(false, false)
            .after(2usize)
            .budget(
                ::tallied::__private::of_environment(
                    ::core::option_env!("TALLIED_SERIES_BUDGET"),
                    ::tallied::__private::DEFAULT_BUDGET,
                ),
            );
        static __TALLIED_OPENS: [::tallied::__private::Open; ::tallied::__private::open_len(
            ::tallied::__private::Definition::dimensions(&__TALLIED_SITE_SAYS),
        )] = ::tallied::__private::opens(
            ::tallied::__private::Definition::dimensions(&__TALLIED_SITE_SAYS),
        );
        const _: () = ::tallied::__private::no_name_twice(
            "the labels of this function",
            ::tallied::__private::Definition::dimensions(&__TALLIED_SITE_SAYS),
            true,
        );
        static __TALLIED_CELLS: ::tallied::__private::SiteCells<0> = ::tallied::__private::SiteCells::NEW;
        static __TALLIED_SITE: ::tallied::__private::Site<0> = ::tallied::__private::Site::new(
                __TALLIED_SITE_SAYS,
                &__TALLIED_CELLS,
                &__TALLIED_SITE,
            )
            .with_opens(&__TALLIED_OPENS);
        ::tallied::__private::listed!(
            __TALLIED_SITE, __TALLIED_SITE_SAYS, 1
            "\u{1}reads_total\0\0Calls by tenant, the labels of cache, hit, code and status.\0"
        );
        const _: () = ::tallied::__private::within_budget(
            &__TALLIED_SITE_SAYS,
            ::tallied::__private::Definition::sure(&__TALLIED_SITE_SAYS, false, false),
        );
        const {
            ::tallied::__private::within_budget_too(
                &__TALLIED_SITE_SAYS,
                ::tallied::__private::Definition::sure(
                    &__TALLIED_SITE_SAYS,
                    false,
                    false,
                ),
                ::tallied::__private::Ways::told_by::<
                    Found<Page>,
                    _,
                    _,
                >(
                    &|__out| {
                        use ::tallied::__private::ask::*;
                        (&&&&::tallied::__private::Ask::<TaskStatus, _>::new(__out))
                            .tallied_told()
                    },
                    false,
                ),
            )
        }
        &__TALLIED_SITE
    };
    let __set = {
        let mut __number = __site.number();
        ::tallied::__private::OpenLabel::with_text(
            &(tenant),
            |__text| ::tallied::__private::Number::open(&mut __number, __text),
        );
        <Cache<'_> as ::tallied::__private::LabelSet>::join(&(cache), &mut __number);
        __site.before(__number)
    };
    ::tallied::__private::observe(
        __site,
        __set,
        ::tallied::__private::At::<3>,
        move || -> Found<Page> {
            #[allow(clippy::shadow_same)]
            let tenant = tenant;
            let _ = &tenant;
            #[allow(clippy::shadow_same)]
            let cache = cache;
            let _ = &cache;
            {
                const _: () = ();
                cache.page(tenant)
            }
        },
        move |__out| ::tallied::__private::After {
            told: {
                use ::tallied::__private::ask::*;
                (&&&&::tallied::__private::Ask::<TaskStatus, _>::new(__out))
                    .tallied_told()
            },
            labels: {
                let mut __number = __site.number_after();
                #[allow(
                    clippy::redundant_closure,
                    clippy::redundant_closure_for_method_calls
                )]
                let __label = ::tallied::__private::after(__out, |page| page.is_there());
                {
                    use ::tallied::__private::join::*;
                    (&&::tallied::__private::Join(&__label)).tallied_join(&mut __number);
                }
                #[allow(
                    clippy::redundant_closure,
                    clippy::redundant_closure_for_method_calls
                )]
                let __label = ::tallied::__private::after(
                    __out,
                    |page: &Found<Page>| code(page),
                );
                ::tallied::__private::OpenLabel::with_text(
                    &__label,
                    |__text| ::tallied::__private::Number::open(&mut __number, __text),
                );
                __number.set()
            },
        },
    )
}
