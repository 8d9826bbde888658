import os
import time

from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Flask, abort, redirect, session

env = os.environ
base_uri = env.get('LD_BASE_URI', 'https://app.launchdarkly.com')

app = Flask(__name__)
app.secret_key = env['SESSION_SECRET']
app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE='Lax')

launchdarkly = OAuth(app).register(
    'launchdarkly',
    client_id=env['LD_OAUTH_CLIENT_ID'],
    client_secret=env['LD_OAUTH_CLIENT_SECRET'],
    authorize_url=f'{base_uri}/trust/oauth/authorize',
    access_token_url=f'{base_uri}/trust/oauth/token',
    api_base_url=f'{base_uri}/api/v2/',
    client_kwargs={
        'scope': 'reader',
        'code_challenge_method': 'S256',  # without it there is no PKCE
        'token_endpoint_auth_method': 'client_secret_post',
    },
)


def ask(path, token):
    response = launchdarkly.get(path, token=token, timeout=10, allow_redirects=False)
    if response.status_code != 200:
        abort(502)
    return response.json()


@app.get('/login')
def login():
    return launchdarkly.authorize_redirect(env['LD_OAUTH_REDIRECT_URI'])


@app.get('/auth/callback')
def callback():
    token = launchdarkly.authorize_access_token(timeout=10)  # checks state
    identity = ask('caller-identity', token)
    if identity.get('accountId') != env['LD_ACCOUNT_ID']:
        abort(403)  # a verified client admits members of every account
    member = ask('members/me', token)
    if member['_pendingInvite'] or identity.get('memberId', member['_id']) != member['_id']:
        abort(403)
    session.clear()
    user = {'id': f"{identity['accountId']}:{member['_id']}", 'email': member['email']}
    session.update(user=user, until=time.time() + 3600)
    return redirect('/private')


@app.get('/private')
def private():
    return session['user'] if time.time() < session.get('until', 0) else redirect('/login')


@app.errorhandler(OAuthError)
def login_failed(_error):
    return 'The login failed.', 401


if __name__ == '__main__':
    app.run('127.0.0.1', int(env.get('PORT', 3000)))
