# 複数のページで使う文言。
request-id = リクエスト ID
error-title = エラー: { $title }
continue-to = { $application } に進みます
continue = 続ける
or = または
wait-seconds = { $seconds ->
   *[other] { $seconds } 秒
}
wait-minutes = { $minutes ->
   *[other] { $minutes } 分
}
nothing-here = このアドレスには何もありません
    .text = アドレスを確認するか、ご利用になるアプリケーションからサインインしてください。
