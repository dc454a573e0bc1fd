# What several pages say.
request-id = Request ID
error-title = Error: { $title }
continue-to = to continue to { $application }
continue = Continue
or = or
wait-seconds = { $seconds ->
    [one] { $seconds } second
   *[other] { $seconds } seconds
}
wait-minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
nothing-here = There is nothing at this address
    .text = Check the address, or sign in from the application you want to use.
