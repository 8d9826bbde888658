-- Asks the app about a request: sets txn.member_status to its answer, and the member's headers when that is 204.
local names = { "x-auth-member", "x-auth-email", "x-auth-account", "x-auth-role" }

core.register_action("forward_auth", { "http-req" }, function(txn)
  local sent = txn.http:req_get_headers()
  local headers = { ["x-forwarded-proto"] = { "https" } }
  for _, name in ipairs({ "cookie", "host" }) do
    if sent[name] then
      headers[name] = { sent[name][0] }
    end
  end
  local answer = core.httpclient():get({ url = "http://127.0.0.1:3000/auth/verify", headers = headers, timeout = 10000 })
  txn:set_var("txn.member_status", answer.status)
  for _, name in ipairs(names) do
    local value = answer.headers and answer.headers[name]
    if answer.status == 204 and value then
      txn.http:req_set_header(name, value[0])
    end
  end
end)
